// The guide at /help (R109): what leads to it, its pictures, and that anybody can read it.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { activeJune } from '../fixtures/world';

const title = (page: Page) => page.getByRole('heading', { level: 1, name: 'Rollcall guide', exact: true });

// The tab that this opens.
async function tabOf(page: Page, act: () => Promise<void>) {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), act()]);
  return tab;
}

test('the question mark leads to the guide on each kind of page, in a tab of its own', async ({ page, open, server }) => {
  const world = await activeJune(server);
  for (const path of ['/customers', `/releases/${world.june}`, `/releases/${world.june}/customer/${world.acme}`]) {
    await open(path);
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    const tab = await tabOf(page, () => keys.getByRole('link', { name: 'Read the guide' }).click());
    await expect(title(tab)).toBeVisible();
    await tab.close();
    await expect(keys).toBeVisible();
  }
});

test('the sidebar, the palette and the empty dashboard lead to the guide', async ({ page, open }) => {
  await open('/');
  for (const act of [
    () => page.getByRole('banner').getByRole('link', { name: 'Guide', exact: true }).click(),
    () => page.getByRole('main').getByRole('link', { name: 'Read the guide' }).click(),
    async () => {
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog', { name: 'Command palette' });
      await palette.getByRole('combobox').fill('guide');
      await expect(palette.getByRole('option', { name: 'Guide' })).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('Enter');
    },
  ]) {
    const tab = await tabOf(page, act);
    await expect(title(tab)).toBeVisible();
    await tab.close();
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the guide has its pictures in the theme', async ({ page, server }) => {
      await page.goto(`${server.url}/help`);
      await expect(title(page)).toBeVisible();
      const pictures = await page.getByRole('main').getByRole('img').all();
      expect(pictures.length).toBeGreaterThan(4);
      for (const picture of pictures) {
        await picture.scrollIntoViewIfNeeded();
        await expect.poll(() => picture.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(1440);
        expect(await picture.evaluate((it: HTMLImageElement) => it.currentSrc)).toContain(`-${colorScheme}.png`);
      }
    });
  });
}

test('axe finds nothing in the guide', async ({ page, server }) => {
  await page.goto(`${server.url}/help`);
  expect(await violations(page, 'guide')).toEqual([]);
});

test('the table of contents leads to each part', async ({ page, server }) => {
  await page.goto(`${server.url}/help`);
  for (const name of ['Your first release in three minutes', 'By keys', 'Variables and quoting', 'Undo', 'Roles', 'Runs', 'Backup']) {
    await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('main').getByRole('heading', { name, exact: true })).toBeInViewport();
  }
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test('the guide is not wider than the window', async ({ page, server }) => {
    await page.goto(`${server.url}/help`);
    await expect(title(page)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  });
});
