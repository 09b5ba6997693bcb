// The palette, search, and the keys that every page has (R106).
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { act, step } from '../fixtures/other';
import { activeJune, june as draftJune, many, people } from '../fixtures/world';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
// Also while it is closed and still there: until it is removed, its field has the focus.
const palette = (page: Page) => page.locator('dialog[aria-label="Command palette"]');
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

test('a hit opens its cell from the page of another release too, and its filter is that of the address', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const { release } = await many(server, 2, 2);
  await open(`/releases/${release}`);
  const line = `/releases/${june}?step=${step.acme.migrate}`;
  const follow = (address: string) => page.evaluate(href => {
    const link = Object.assign(document.createElement('a'), { href, textContent: 'link' });
    document.querySelector('main')!.append(link);
    link.click();
  }, address);
  await follow(line);
  await expect(page.getByRole('complementary', { name: 'Migrate schema, Acme' })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`step=${step.acme.migrate}$`));
  // Nothing of the open step is taken along to another release.
  await follow(`/releases/${release}`);
  await expect(heading(page, 'Many')).toBeVisible();
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await follow(`/releases/${june}?q=globex`);
  await expect(page.getByLabel('Filter customers')).toHaveValue('globex');
  await expect(page.getByRole('complementary')).toHaveCount(0);
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
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.locator('#main :focus')).toHaveCount(1);
});

test('axe finds nothing in the palette and in the list of keys', async ({ page, open, server }) => {
  await people(server);
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('acme');
  await expect(option(page, /^Acme/)).toBeVisible();
  expect(await violations(page, 'palette')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(palette(page)).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  expect(await violations(page, 'keys')).toEqual([]);
});

test('a hit in the release that is open shows its cell, and nothing is loaded again', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open(`/releases/${world.june}`);
  await page.evaluate(() => { Object.assign(window, { isKept: true }); });
  await page.keyboard.press('Control+k');
  await field(page).fill('kubectl');
  await option(page, /^kubectl -n/).click();
  await expect(page.getByRole('complementary', { name: 'Check, Acme' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'Step 4 Check, Acme' })).toBeFocused();
  expect(await page.evaluate(() => 'isKept' in window)).toBe(true);
});

test('a kind with more than six hits says how many there are, and shows them all', async ({ page, open, server }) => {
  await many(server, 8, 2);
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('true');
  const hits = option(page, /Many · 2 customers/);
  await expect(hits).toHaveCount(6);
  await expect(palette(page).getByRole('group', { name: 'Step texts · 6 of 8' })).toBeVisible();
  await option(page, 'Show all 8').click();
  await expect(hits).toHaveCount(8);
  await expect(palette(page).getByRole('group', { name: 'Step texts', exact: true })).toBeVisible();
  await expect(field(page)).toBeFocused();
});

test('words are found in any order, and marked', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/');
  await page.keyboard.press('Control+k');
  await field(page).fill('healthz  curl');
  const hit = option(page, /Upgrade · June · 3 customers/);
  await expect(hit.locator('mark')).toHaveText(['curl', 'healthz']);
  await field(page).fill('schema migrate');
  await expect(option(page, /^Migrate schema/)).toBeVisible();
});

test('what works on the cell with the focus is offered, also without the panel, and only that', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).focus();
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await field(page).fill('undo');
  await expect(palette(page).getByText('No results')).toBeVisible();
  await field(page).fill('start');
  await expect(option(page, /^Start/)).toContainText('Step 1 Announce, Acme');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('gridcell', { name: /Announce, Acme, eu-west: in progress/ })).toBeVisible();
  // The mark has its answer.
  await expect(page.getByRole('button', { name: 'Undo', exact: true }).first()).not.toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Control+k');
  await field(page).fill('undo');
  await expect(option(page, /^Undo/)).toContainText('Ctrl+Z');
  await field(page).fill('start');
  await expect(palette(page).getByText('No results')).toBeVisible();
  await field(page).fill('override');
  await expect(option(page, /^Override/)).toContainText('e');
  await field(page).fill('print');
  await expect(option(page, /^Print/)).toContainText('Ctrl+P');
});

test('what can be created is offered on every page, and nothing twice', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  for (const at of ['/', '/customers', `/customers/${acme}`, `/releases/${june}`]) {
    await open(at);
    await page.keyboard.press('Control+k');
    for (const name of ['New release', 'New customer', 'New cluster', 'Keyboard shortcuts']) await expect(option(page, name), `${name} at ${at}`).toHaveCount(1);
  }
  await open(`/customers/${acme}`);
  await page.keyboard.press('Control+k');
  await expect(option(page, /^Activity of Acme/)).toHaveCount(1);
  await expect(option(page, /^Activity/)).toHaveCount(2);
});

test('a form offers its buttons with their keys', async ({ page, open, server }) => {
  await people(server);
  await open('/releases/new');
  await page.keyboard.press('Control+k');
  await expect(option(page, /^Next/)).toContainText('Ctrl+Enter');
  await expect(option(page, /^Create release/)).not.toContainText('Ctrl+Enter');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '3. Customers' }).click();
  await page.keyboard.press('Control+k');
  await expect(option(page, /^Create release/)).toContainText('Ctrl+Enter');
  await open('/customers/new?paste');
  await expect(page.getByRole('button', { name: 'Create customers' })).toHaveAttribute('aria-keyshortcuts', 'Control+Enter');
});

test('the guide and a page for paper have the keys too', async ({ page, server }) => {
  const { june } = await activeJune(server);
  for (const at of ['/help', `/releases/${june}?view=print`]) {
    await page.goto(server.url + at);
    await page.keyboard.press('Control+k');
    await field(page).fill('globex');
    await expect(option(page, /^Globex/)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(palette(page)).toHaveCount(0);
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('g c', { exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await expect(field(page)).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(palette(page)).toHaveCount(0);
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await expect(heading(page, 'Customers')).toBeVisible();
    await live(page);
  }
});

test('keys work with a checkbox focused, and under a dialog Ctrl+K is not left to the browser', async ({ page, open, server }) => {
  await people(server);
  await open('/releases/new');
  await page.getByRole('button', { name: '3. Customers' }).click();
  await page.getByRole('region', { name: 'Customers', exact: true }).getByRole('checkbox').first().focus();
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(heading(page, 'Activity')).toBeFocused();
  await page.getByRole('button', { name: /^You: / }).click();
  const dialog = page.getByRole('dialog', { name: 'Your name' });
  await expect(dialog.getByLabel('Your name', { exact: true })).toBeFocused();
  const is_prevented = await page.evaluate(() => !document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true })));
  expect(is_prevented).toBe(true);
  await expect(palette(page)).toHaveCount(0);
  await expect(dialog).toBeVisible();
});

test('the keys of the run mode are listed with those of every page', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByRole('heading', { name: 'Everywhere' })).toBeVisible();
  await expect(keys.getByText('g c', { exact: true })).toBeVisible();
  await expect(keys.getByText('Mark done, and open the next step')).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test('the bar has the search, a hit shows its release and customers, and the view can be changed', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('banner').getByRole('button', { name: 'Search' }).click();
    await field(page).fill('curl');
    const hit = option(page, /^curl/);
    await expect(hit).toContainText('Upgrade · June · 3 customers');
    const is_cut = await hit.evaluate(it => [it, ...it.querySelectorAll('span')].some(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline'));
    expect(is_cut).toBe(false);
    await page.keyboard.press('Escape');
    await page.getByRole('toolbar', { name: 'Filters' }).locator('summary').filter({ hasText: 'View' }).click();
    await expect(page.getByRole('button', { name: 'Sort by attention' })).toBeInViewport();
    await page.getByRole('button', { name: 'Saved views…' }).click();
    await expect(page.getByRole('dialog', { name: 'Saved views' })).toBeVisible();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over).toBeLessThanOrEqual(0);
  });
});

test('a page that opens with a cell has the focus, by a hit and by a link', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_step', act(step.acme.announce, 'done'));
  await open('/customers');
  await page.keyboard.press('Control+k');
  await field(page).fill('kubectl');
  await option(page, /^kubectl -n/).click();
  await expect(page.getByRole('complementary', { name: 'Check, Acme' })).toBeVisible();
  await expect(heading(page, 'June')).toBeFocused();
  await open('/activity');
  await page.locator('main').getByRole('link', { name: 'Announce', exact: true }).first().click();
  await expect(page.getByRole('complementary', { name: 'Announce, Acme' })).toBeVisible();
  await expect(heading(page, 'June')).toBeFocused();
});

test('a hit in a draft opens its step in the editor, also on the page of its steps', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  // So many that the verify steps are far below the window.
  for (let n = 10; n < 40; n++)
    await server.call('add_template', { release: june, draft: { name: `More ${n}`, category: 'deploy', type: 'bash', content: 'true', description: '' }, place: 'Last' });
  const follow = async (sought: string, hit: RegExp) => {
    await page.keyboard.press('Control+k');
    await field(page).fill(sought);
    await option(page, hit).click();
  };
  const is_open = async (name: string) => {
    await expect(page.getByRole('region', { name, exact: true }).getByLabel('Name', { exact: true })).toBeFocused();
    await expect(page.getByRole('listitem').getByRole('button', { name, exact: true })).toHaveAttribute('aria-current', 'true');
    await expect(page.getByRole('listitem').getByRole('button', { name, exact: true })).toBeInViewport();
    await expect(page).toHaveURL(new RegExp(`/releases/${june}/steps$`));
  };
  await open('/customers');
  await follow('kubectl', /^kubectl -n/);
  await is_open('Check');
  await follow('curl', /^curl https/);
  await is_open('Upgrade');
  // The same hit, after another step was opened by hand.
  await page.getByRole('listitem').getByRole('button', { name: 'Announce', exact: true }).click();
  await is_open('Announce');
  await follow('curl', /^curl https/);
  await is_open('Upgrade');
  // As in a new tab.
  const migrate = (await (await fetch(`${server.url}/api/search?q=migrate`)).json()).steps[0].path;
  await open(migrate);
  await is_open('Migrate schema');
});
