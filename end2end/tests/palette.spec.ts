// The palette, search, and the keys that every page has (R106).
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { activeJune, people } from '../fixtures/world';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const palette = (page: Page) => page.getByRole('dialog', { name: 'Command palette' });
const field = (page: Page) => palette(page).getByRole('combobox');
const option = (page: Page, name: string | RegExp) => palette(page).getByRole('option', { name });

test('Ctrl+K opens the palette on any page, also from a field, and Escape gives the focus back', async ({ page, open, server }) => {
  await people(server);
  const loaded: string[] = [];
  page.on('request', request => loaded.push(new URL(request.url()).pathname));
  await open('/customers');
  const filter = page.getByRole('searchbox', { name: 'Filter customers' });
  await filter.fill('glo');
  // Nothing of it is loaded before.
  expect(loaded).not.toContain('/palette.js');
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  expect(loaded).toContain('/palette.js');
  await page.keyboard.press('Escape');
  await expect(palette(page)).toHaveCount(0);
  await expect(filter).toBeFocused();
  await expect(filter).toHaveValue('glo');
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toHaveCount(0);
  await page.getByRole('banner').getByRole('button', { name: 'Search' }).click();
  await expect(field(page)).toBeFocused();
});

test('places are chosen by arrows and Enter, and the new page has the focus', async ({ page, open }) => {
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('activity');
  await expect(option(page, /^Activity/)).toHaveAttribute('aria-selected', 'true');
  await field(page).fill('');
  const dashboard = option(page, /^Dashboard/);
  await expect(dashboard).toBeVisible();
  const chosen = palette(page).locator('[aria-selected=true]');
  await expect(chosen).toHaveCount(1);
  const first = await chosen.getAttribute('id');
  await page.keyboard.press('ArrowDown');
  await expect(chosen).not.toHaveAttribute('id', first!);
  await page.keyboard.press('ArrowUp');
  await expect(chosen).toHaveAttribute('id', first!);
  await expect(field(page)).toHaveAttribute('aria-activedescendant', first!);
  await field(page).fill('releases');
  await page.keyboard.press('Enter');
  await expect(palette(page)).toHaveCount(0);
  await expect(heading(page, 'Releases')).toBeFocused();
});

test('a line of a step is found over all releases, and opens its cell', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open('/customers');
  await page.keyboard.press('Control+k');
  await field(page).fill('CURL https');
  const hit = option(page, /curl https/);
  await expect(hit).toContainText('Upgrade · June · 3 customers');
  await expect(hit.locator('mark')).toHaveText('curl https');
  await hit.click();
  await expect(page).toHaveURL(new RegExp(`/releases/${world.june}\\?step=\\d+$`));
  await expect(page.getByRole('complementary', { name: /^Upgrade, / })).toBeVisible();
});

test('a hit opens in a new tab with Ctrl+Enter, and the palette stays', async ({ page, open, server, context }) => {
  await people(server);
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('globex');
  await expect(option(page, /^Globex/)).toHaveAttribute('aria-selected', 'true');
  const [tab] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Control+Enter')]);
  await live(tab);
  await expect(heading(tab, 'Globex')).toBeVisible();
  await expect(field(page)).toBeFocused();
});

test('what can be done on the page is offered with its key, and done', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
  await expect(panel).toBeVisible();
  await page.keyboard.press('Control+k');
  await field(page).fill('mark done');
  await expect(option(page, /^Mark done/)).toContainText('d');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Acme, eu-west: done by Ana Ferreira' })).toBeVisible();
});

test('g and a letter go to a page, and letters in a field are text', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/');
  for (const [key, name] of [['r', 'Releases'], ['c', 'Customers'], ['k', 'Clusters'], ['a', 'Activity'], ['d', 'Dashboard']]) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(heading(page, name)).toBeFocused();
  }
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(heading(page, 'Customers')).toBeFocused();
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await expect(heading(page, 'Clusters')).toBeFocused();
});

test('the slash leads to the search of the page, and the question mark lists the keys', async ({ page, open, server }) => {
  await people(server);
  await open('/customers');
  await page.keyboard.press('/');
  const filter = page.getByRole('searchbox', { name: 'Filter customers' });
  await expect(filter).toBeFocused();
  await page.keyboard.type('gk?');
  await expect(filter).toHaveValue('gk?');
  await filter.blur();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByText('g c', { exact: true })).toBeVisible();
  await keys.getByLabel('Enable single-key shortcuts').uncheck();
  await keys.getByRole('button', { name: 'Close' }).click();
  await expect(keys).toHaveCount(0);
  for (const key of ['g', 'r', '/', '?']) await page.keyboard.press(key);
  await page.keyboard.press('Control+k');
  // Keys with Ctrl are no single letters, and from here the others are turned on again.
  await field(page).fill('shortcuts');
  await page.keyboard.press('Enter');
  await expect(keys.getByLabel('Enable single-key shortcuts')).not.toBeChecked();
  // What was typed in the search stays in the address.
  await expect(page).toHaveURL(/\/customers(\?q=[^/]*)?$/);
});

test('the matrix lists its keys from anywhere on its page, and a link skips to it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByText('Mark done')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keys).toHaveCount(0);
  await page.getByRole('link', { name: 'Skip to matrix' }).press('Enter');
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' })).toBeFocused();
  await open('/customers');
  await expect(page.getByRole('link', { name: 'Skip to matrix' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Skip to content' })).toHaveCount(1);
});

test('axe finds nothing in the palette and in the list of keys', async ({ page, open, server }) => {
  await people(server);
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('acme');
  await expect(option(page, /^Acme/)).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(palette(page)).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});
