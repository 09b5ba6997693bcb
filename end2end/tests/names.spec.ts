// In `open` mode without ROLLCALL_USER: the name is asked for at the first change, and names used before are offered. On a phone too.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { act, step } from '../fixtures/other';
import { activeJune, jonas } from '../fixtures/world';

test.use({ user: '', faults: [/status of 428/] });

const you = (page: Page, name: string) => page.getByRole('button', { name: `You: ${name}`, exact: true });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Your name' });
const field = (page: Page) => dialog(page).getByLabel('Your name', { exact: true });

async function authors(url: string): Promise<string[]> {
  const events = await (await fetch(`${url}/api/audit`)).json();
  return events.items.map((it: { actor: string }) => it.actor);
}

async function createCluster(page: Page, name: string) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create cluster' }).click();
}

test('the first change asks for a name, offers those used before, and is made under it', async ({ page, open, server }) => {
  await jonas(server, 'create_cluster', { draft: { name: 'eu-west' } });
  await open('/clusters/new');
  await expect(you(page, 'Enter your name')).toBeVisible();
  await createCluster(page, 'us-east');
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('');
  const offered = dialog(page).getByRole('group', { name: 'Names used before' });
  await offered.getByRole('button', { name: 'Jonas' }).click();
  await expect(field(page)).toHaveValue('Jonas');
  await field(page).fill('Mei Tan');
  await dialog(page).getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'us-east' })).toBeVisible();
  await expect(you(page, 'Mei Tan')).toBeVisible();
  expect(await authors(server.url)).toEqual(['Mei Tan', 'Jonas']);
  // The next change asks nothing.
  await open('/clusters/new');
  await createCluster(page, 'ap-south');
  await expect(page.getByRole('heading', { level: 1, name: 'ap-south' })).toBeVisible();
  expect((await authors(server.url))[0]).toBe('Mei Tan');
});

test('without an answer nothing is changed, and what was typed stays', async ({ page, open, server }) => {
  await open('/clusters/new');
  await createCluster(page, 'us-east');
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Enter your name first' })).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('us-east');
  expect(await authors(server.url)).toEqual([]);
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await field(page).fill('Mei Tan');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'us-east' })).toBeVisible();
});

test('an undo of what others did says what it would do, and asks for the name when it is confirmed', async ({ page, open, server }) => {
  await activeJune(server);
  await jonas(server, 'act_on_step', act(step.acme.announce, 'done'));
  await open('/activity');
  await page.locator('main ol.log > li').first().getByRole('button', { name: 'Undo' }).click();
  const undo = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(undo.getByRole('heading', { name: 'Changes (1)' })).toBeVisible();
  await undo.getByRole('button', { name: 'Undo' }).click();
  await field(page).fill('Mei Tan');
  await dialog(page).getByRole('button', { name: 'Save changes' }).click();
  await expect(undo).toHaveCount(0);
  await expect(you(page, 'Mei Tan')).toBeVisible();
  expect((await authors(server.url))[0]).toBe('Mei Tan');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test('name and theme are set in the bar at the bottom', async ({ page, open }) => {
    await open('/');
    await page.getByRole('banner').getByLabel('Menu').click();
    await page.getByRole('button', { name: 'Theme', exact: true }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await you(page, 'Enter your name').click();
    await field(page).fill('Mei Tan');
    await dialog(page).getByRole('button', { name: 'Save changes' }).click();
    await expect(you(page, 'Mei Tan')).toBeVisible();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over).toBeLessThanOrEqual(0);
  });

  test('the menu in the bar leads to what has no tab there', async ({ page, open }) => {
    await open('/');
    const menu = page.getByRole('banner').getByLabel('Menu');
    for (const name of ['Webhooks', 'Runners', 'Runs']) {
      await menu.click();
      await expect(page.getByRole('link', { name: 'Guide', exact: true })).toBeInViewport({ ratio: 1 });
      await page.getByRole('banner').getByRole('link', { name, exact: true }).click();
      await expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible();
      await expect(page.locator('.sidebar details')).not.toHaveAttribute('open');
    }
  });
});

test.describe('with the stream', () => {
  test.use({ hears: true });

  test('who gives a name is nobody else on the own page', async ({ page, open, server, browser }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.announce}`);
    await page.locator('html[data-live]').waitFor({ state: 'attached' });
    await page.getByRole('complementary', { name: 'Announce, Acme' }).getByRole('button', { name: 'Mark done' }).click();
    await field(page).fill('Mei Tan');
    // Where the page is, said under the new name.
    const told = page.waitForResponse(it => it.url().endsWith('/api/presence') && (it.request().postData() ?? '').includes('stepId'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('gridcell', { name: /^Step 1 Announce, Acme, eu-west: done by Mei Tan/ })).toBeVisible();
    await told;
    const context = await browser.newContext({ extraHTTPHeaders: { 'x-rollcall-user': 'Ben Okoro' } });
    const ben = await context.newPage();
    await ben.goto(`${server.url}/releases/${june}`);
    await expect(page.getByRole('list', { name: 'Also here' }).getByRole('listitem')).toHaveText([/Ben Okoro/]);
    await context.close();
  });

  test('what was said under the old name is heard before the new one is given', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const order: string[] = [];
    let letThrough = () => {};
    const held = new Promise<void>(it => {
      letThrough = it;
    });
    await page.route('**/api/presence', async route => {
      if (order.length === 0) await held;
      order.push((route.request().postData() ?? '').includes('"releaseId":null') ? 'gone' : 'there');
      await route.continue();
    });
    page.on('request', it => {
      if (it.url().includes('/rpc/set_actor')) order.push('named');
    });
    const asked = page.waitForRequest('**/api/presence');
    await open(`/releases/${june}?step=${step.acme.announce}`);
    await asked;
    await page.getByRole('complementary', { name: 'Announce, Acme' }).getByRole('button', { name: 'Mark done' }).click();
    await field(page).fill('Mei Tan');
    await page.keyboard.press('Enter');
    letThrough();
    await expect(page.getByRole('gridcell', { name: /^Step 1 Announce, Acme, eu-west: done by Mei Tan/ })).toBeVisible();
    const before = order.slice(0, order.indexOf('named'));
    expect(before[0]).toBe('there');
    expect(before.at(-1)).toBe('gone');
  });
});
