// What is needed for the work is in the window on a phone and a tablet: names, the guard, the editor, the bar under the grid.
import type { Locator, Page } from '@playwright/test';
import { test, expect, type Server } from '../fixtures/app';
import { activeJune } from '../fixtures/world';

const LONG = 'x'.repeat(80);
const PHONE = { width: 360, height: 780 };
const TABLET = { width: 768, height: 1024 };

async function overflow(page: Page) {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

// Whether all of an element is inside the window, and none of its text is cut off.
async function expectWhole(of: Locator) {
  await expect(of).toBeVisible();
  await expect.poll(() => of.evaluate(it => {
    const { left, right, width } = it.getBoundingClientRect();
    const is_inside = left >= 0 && right <= document.documentElement.clientWidth && width > 0;
    return is_inside && it.scrollHeight <= it.clientHeight + 1;
  })).toBe(true);
}

// A release with one customer, whose cluster and namespace have the length of real ones.
async function invoicing(server: Server, name: string) {
  const cluster = await server.call('create_cluster', { draft: { name: 'production-europe-west' } });
  const customer = await server.call('create_customer', { draft: { name, clusterId: cluster, namespace: 'meridian-logistics-production' } });
  const release = await server.call('create_release', { draft: { name: '2026.11 Invoicing', type: 'release' } });
  await server.call('add_template', { release, draft: { name: 'Announce', category: 'deploy', type: 'text', content: 'Go.', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [customer] });
  return { release, customer };
}

for (const size of [PHONE, TABLET]) {
  test.describe(`at ${size.width} pixels`, () => {
    test.use({ viewport: size });

    test('names of eighty letters without a space make no page wider than the window', async ({ page, open, server }) => {
      const cluster = await server.call('create_cluster', { draft: { name: LONG } });
      const customer = await server.call('create_customer', { draft: { name: LONG, clusterId: cluster, namespace: LONG.slice(0, 60) } });
      const release = await server.call('create_release', { draft: { name: LONG, type: 'release', description: LONG } });
      const draft = { name: LONG, category: 'deploy', type: 'text', content: LONG, description: '' };
      await server.call('add_template', { release, draft, place: 'Last' });
      const pages = ['/releases', '/customers', '/clusters', `/customers/${customer}`, `/clusters/${cluster}`, `/releases/${release}/steps`, `/releases/${release}`];
      for (const path of pages) {
        await open(path);
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
      }
      await server.call('activate_release', { id: release, customers: [customer] });
      for (const path of [`/releases/${release}`, `/releases/${release}/customer/${customer}`, '/activity', '/']) {
        await open(path);
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
      }
    });

    test('a step is edited in a field that is wide enough for a line', async ({ page, open, server }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}/steps`);
      await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
      const name = page.getByRole('region', { name: 'Upgrade' }).getByLabel('Name', { exact: true });
      await expect(name).toBeVisible();
      await expect.poll(async () => (await name.boundingBox())?.width).toBeGreaterThan(200);
    });
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: PHONE });

  test('the matrix shows the whole name of its release', async ({ page, open, server }) => {
    const { release } = await invoicing(server, 'Acme');
    await open(`/releases/${release}`);
    await expectWhole(page.getByRole('heading', { level: 1, name: '2026.11 Invoicing' }));
  });

  test('the guard says customer, cluster, namespace and release in full', async ({ page, open, server }) => {
    const name = 'Meridian Logistics and Storage International Holding';
    const { release, customer } = await invoicing(server, name);
    await open(`/releases/${release}/customer/${customer}`);
    await expectWhole(page.getByRole('heading', { level: 1, name }));
    const guard = page.locator('.place-bar');
    for (const text of ['production-europe-west', 'meridian-logistics-production', '2026.11 Invoicing'])
      await expectWhole(guard.locator('.page__title').getByText(text, { exact: true }));
  });

  test('the list of keys shows the keys, and opens at its top', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(keys.getByText('Arrows', { exact: true })).toBeInViewport();
    await expect(keys.getByLabel('Enable single-key shortcuts')).toBeInViewport();
  });
});

test.describe('on a tablet', () => {
  test.use({ viewport: TABLET });

  test('the grid keeps its width beside an open step', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Enter');
    await expect(page.getByRole('complementary').getByRole('heading', { name: 'Announce' })).toBeVisible();
    await expect.poll(async () => (await page.locator('.matrix').boundingBox())?.width).toBeGreaterThan(600);
  });

  test('the rail shows no key', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await expect(page.locator('.sidebar[data-rail]')).toBeVisible();
    await expect(page.locator('.sidebar kbd').filter({ visible: true })).toHaveCount(0);
  });
});

for (const width of [768, 1024]) {
  test(`all buttons for the selection are in a window of ${width} pixels, with a step open too`, async ({ page, open, server }) => {
    await page.setViewportSize({ width, height: 1024 });
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Enter');
    await expect(page.getByRole('complementary').getByRole('heading', { name: 'Announce' })).toBeVisible();
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Control+a');
    const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
    const pane = await page.locator('.matrix__pane').boundingBox();
    for (const name of [/^Mark done/, /^Start/, /^Skip/, /^Fail/, /^Revert/, /^Reopen/, 'Clear selection']) {
      const button = bar.getByRole('button', { name });
      await expect(button).toBeVisible();
      const box = await button.boundingBox();
      expect(box!.x + box!.width, String(name)).toBeLessThanOrEqual(pane!.x + pane!.width);
    }
  });
}

test('a date field that is typed into has the ring', async ({ page, open }) => {
  await open('/activity');
  const from = page.getByLabel('From', { exact: true });
  await from.focus();
  await expect(from).toHaveCSS('outline-style', 'solid');
});
