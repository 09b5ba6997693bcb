// The grid under the hand: clicks and keys that select and show cells, heads and their links, the numbers of a customer's own order,
// printing, links without a connection, and how the grid looks while it is pointed at.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { act, other, step } from '../fixtures/other';
import { activeJune, many } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const selected = (page: Page) => page.locator('td[aria-selected=true]');

test('a click shows its cell in the panel, the focus stays in the grid, and Enter moves it there', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 2 Migrate schema, Globex').click();
  await expect(panel(page, 'Migrate schema, Globex')).toBeVisible();
  await expect(cell(page, 'Step 2 Migrate schema, Globex')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(panel(page, 'Upgrade, Globex')).toBeVisible();
  await expect(cell(page, 'Step 3 Upgrade, Globex')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel(page, 'Upgrade, Globex').getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await expect(cell(page, 'Step 3 Upgrade, Globex')).toBeFocused();
  // Also where the panel is not there yet.
  await page.keyboard.press('Enter');
  await expect(panel(page, 'Upgrade, Globex').getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
});

test('a drag, and a click with Shift or Ctrl, shows no cell', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  await page.mouse.move(0, 0);
  await cell(page, 'Step 3 Upgrade, Globex').click({ modifiers: ['Shift'] });
  await expect(selected(page)).toHaveCount(6);
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await cell(page, 'Step 4 Check, Globex').click({ modifiers: ['ControlOrMeta'] });
  await expect(selected(page)).toHaveCount(7);
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await expect(page).not.toHaveURL(/step=/);
});

test('a click replaces the address, and the grid does not move under the pointer', async ({ page, open, server }) => {
  const { release } = await many(server, 12, 30);
  await open('/releases');
  await page.getByRole('link', { name: 'Many', exact: true }).click();
  const one = cell(page, 'Step 3 s02, c03');
  const before = await one.boundingBox();
  await one.click();
  await expect(panel(page, 's02, c03')).toBeVisible();
  expect(await one.boundingBox()).toEqual(before);
  await cell(page, 'Step 4 s03, c03').click();
  await expect(panel(page, 's03, c03')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/releases/${release}\\?step=`));
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
});

test('a cell that the panel covered goes back to its place when it closes, unless the grid was scrolled', async ({ page, open, server }) => {
  // So many that there is less to scroll without the panel than with it.
  const { release } = await many(server, 12, 18);
  await open(`/releases/${release}`);
  const pane = page.locator('.matrix');
  const one = cell(page, 'Step 3 s02, c13');
  const before = (await one.boundingBox())!;
  const left = async () => (await one.boundingBox())!.x;
  await one.click();
  await expect(panel(page, 's02, c13')).toBeVisible();
  await expect.poll(left).toBeLessThan(before.x);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await expect.poll(() => one.boundingBox()).toEqual(before);
  await one.click();
  await expect.poll(left).toBeLessThan(before.x);
  const scrolled = await pane.evaluate(it => it.scrollLeft);
  const width = await pane.evaluate(it => it.clientWidth);
  await page.mouse.move(600, 500);
  await page.mouse.wheel(-20, 0);
  await expect.poll(() => pane.evaluate(it => it.scrollLeft)).toBeLessThan(scrolled);
  await page.keyboard.press('Escape');
  await expect.poll(() => pane.evaluate(it => it.clientWidth)).toBeGreaterThan(width);
  expect(await left()).toBeLessThan(before.x);
});

test('any set of cells is selected with Ctrl and clicks, and marked as one', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const add = (name: string) => cell(page, name).click({ modifiers: ['ControlOrMeta'] });
  await add('Step 1 Announce, Acme');
  await add('Step 2 Migrate schema, Initech');
  await add('Step 4 Check, Globex');
  await expect(selected(page)).toHaveCount(3);
  const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
  await expect(bar).toContainText('3 steps, 3 customers');
  await expect(bar).toContainText('3 cells');
  await add('Step 4 Check, Globex');
  await expect(selected(page)).toHaveCount(2);
  // A change by somebody else takes nothing out of it.
  await other(server, 'Jonas')('act_on_step', { id: step.globex.upgrade, action: 'start', reason: null, allow_unresolved: true });
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked 2 cells done' })).toBeVisible();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  await expect(cell(page, /Step 2 Migrate schema, Initech, us-east: done/)).toBeVisible();
  await expect(cell(page, 'Step 4 Check, Globex, eu-west: pending')).toBeVisible();
  await expect(selected(page)).toHaveCount(2);
  await page.keyboard.press('Escape');
  await expect(selected(page)).toHaveCount(1);
});

test('Space adds the cell that the arrows lead to, and Ctrl+Space is the column', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(' ');
  await expect(selected(page)).toHaveCount(2);
  await expect(cell(page, 'Step 2 Migrate schema, Globex')).toBeFocused();
  await page.keyboard.press(' ');
  await expect(selected(page)).toHaveCount(1);
  await expect(cell(page, 'Step 1 Announce, Acme')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+ ');
  await expect(selected(page)).toHaveCount(4);
});

test('a set stays selected where the grid is drawn anew', async ({ page, open, server }) => {
  const { release } = await many(server, 60, 60);
  await open(`/releases/${release}`);
  await cell(page, 'Step 2 s01, c01').click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('Control+End');
  await page.keyboard.press(' ');
  await expect(cell(page, 'Step 60 s59, c59')).toHaveAttribute('aria-selected', 'true');
  await expect(cell(page, 'Step 2 s01, c01')).toHaveCount(0);
  await page.keyboard.press('Control+Home');
  await expect(cell(page, 'Step 2 s01, c01')).toHaveAttribute('aria-selected', 'true');
  await expect(cell(page, 'Step 1 s00, c00')).toHaveAttribute('aria-selected', 'false');
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked 2 cells done' })).toBeVisible();
});

test('a click on a head selects its row or column; its link opens run mode or one step, also in a new tab', async ({ page, open, server, context }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}`);
  const row = page.getByRole('rowheader', { name: /Migrate schema/ });
  const column = page.getByRole('columnheader', { name: /Acme/ });
  await row.click();
  await expect(selected(page)).toHaveCount(3);
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await column.click();
  await expect(selected(page)).toHaveCount(4);
  await page.keyboard.press('i');
  await expect(page.getByRole('status').filter({ hasText: 'Started 4 cells' })).toBeVisible();
  const opened = async (modifiers: ('ControlOrMeta')[], link: ReturnType<Page['getByRole']>) => {
    const [tab] = await Promise.all([context.waitForEvent('page'), link.click({ modifiers })]);
    return tab;
  };
  const one = await opened(['ControlOrMeta'], row.getByRole('link'));
  await expect(one.getByRole('gridcell', { name: 'Step 2 Migrate schema, Acme' })).toBeVisible();
  await expect(one.getByRole('gridcell', { name: /Announce/ })).toHaveCount(0);
  const run = await opened(['ControlOrMeta'], column.getByRole('link'));
  await expect(run).toHaveURL(new RegExp(`/releases/${june}/customer/${acme}`));
  // The page itself is as it was.
  await expect(selected(page)).toHaveCount(4);
  await column.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
});

test('the link in the head of a step shows it over all customers, and Back leads to what was shown before', async ({ page, open, server, context }) => {
  const { june, us } = await activeJune(server);
  const steps = [step.acme.announce, step.globex.announce, step.initech.announce, step.acme.check];
  for (const id of steps) await other(server, 'Jonas')('act_on_step', act(id, 'done'));
  await open(`/releases/${june}`);
  const cells = (it: Page) => it.getByRole('gridcell', { name: /^Step / });
  const link = (name: RegExp) => page.getByRole('rowheader', { name }).getByRole('link');
  const [tab] = await Promise.all([context.waitForEvent('page'), link(/Check/).click({ modifiers: ['ControlOrMeta'] })]);
  await expect(cells(tab)).toHaveCount(3);
  await expect(cell(tab, /Step 4 Check, Acme, eu-west: done/)).toBeVisible();
  const [cluster, open_only] = [page.getByLabel('Cluster', { exact: true }), page.getByRole('button', { name: 'Open only' })];
  await cluster.selectOption(String(us));
  await open_only.click();
  await expect(cell(page, /Upgrade, Initech/)).toBeVisible();
  await expect(cells(page)).toHaveCount(3);
  await expect(page).toHaveURL(new RegExp(`cluster=${us}&open=1$`));
  await link(/Check/).click();
  await expect(panel(page, 'Check, Globex')).toBeVisible();
  await expect(cell(page, /Check, Acme, eu-west: done/)).toBeVisible();
  await expect(cells(page)).toHaveCount(3);
  await expect(page).toHaveURL(/\?steps=Check&step=\d+$/);
  await expect(cluster).toHaveValue('');
  await page.goBack();
  await expect(cell(page, /Upgrade, Initech/)).toBeVisible();
  await expect(cells(page)).toHaveCount(3);
  await expect(page.getByRole('complementary')).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`cluster=${us}&open=1$`));
  await expect(cluster).toHaveValue(String(us));
  await expect(open_only).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByLabel('Filter customers and steps')).toHaveValue('');
  await page.goForward();
  await expect(panel(page, 'Check, Globex')).toBeVisible();
  await expect(cell(page, /Check, Acme, eu-west: done/)).toBeVisible();
  // A step that is finished everywhere is shown too.
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await link(/Announce/).click();
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  await expect(cells(page)).toHaveCount(3);
});

test('e and F2 override the text of the cell', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  for (const key of ['e', 'F2']) {
    await cell(page, 'Step 3 Upgrade, Acme').focus();
    await page.keyboard.press(key);
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByLabel('Content')).toHaveValue('set -e\ncurl https://{{var.HOST}}/healthz');
    // The first Escape lets Tab leave the editor, the second closes the dialog.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(cell(page, 'Step 3 Upgrade, Acme')).toBeFocused();
  }
});

test('where a customer counts otherwise, cell, panel and copied text have its number, and the row has the template\'s', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  const { announce, upgrade } = step.acme;
  await server.call('move_step', { id: upgrade, place: { Before: announce } });
  await open(`/releases/${june}`);
  await expect(page.getByRole('rowheader', { name: /Upgrade/ }).locator('.step__no')).toHaveText('3');
  await expect(cell(page, 'Step 3 Upgrade, Globex')).toBeVisible();
  await cell(page, 'Step 1 Upgrade, Acme').click();
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.getByText('1 of 4')).toBeVisible();
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('June, step 1 Upgrade');
  await open(`/releases/${june}?swap=1`);
  await expect(cell(page, 'Step 1 Upgrade, Acme')).toBeVisible();
  await expect(cell(page, 'Step 3 Upgrade, Globex')).toBeVisible();
  await expect(page.getByRole('columnheader', { name: /^3 Upgrade/ })).toBeVisible();
});

test('the menu of the page opens over the panel', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  await page.getByLabel('More: edit, steps, clone, archive').click();
  // Pressed only if nothing is over it.
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('Ctrl+P prints what Print shows', async ({ page, open, server, context }) => {
  const { june } = await activeJune(server);
  await context.addInitScript(() => { window.print = () => { document.documentElement.dataset.printed = 'yes'; }; });
  await open(`/releases/${june}?customers=acme`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  const [paper] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Control+p')]);
  await expect(paper.getByText('customers with “acme”')).toBeVisible();
  await expect(paper.getByRole('columnheader', { name: /Globex/ })).toHaveCount(0);
  await expect(paper.getByText('0 of 4 cells finished')).toBeVisible();
  await expect(paper.locator('html')).toHaveAttribute('data-printed', 'yes');
});

test.describe('without a connection', () => {
  test.use({ faults: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED/] });
  test('a link says so, offers Retry, and opens once there is one', async ({ page, open, server, context }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await context.setOffline(true);
    await page.getByRole('columnheader', { name: /Acme/ }).getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1, name: 'You\'re offline' })).toBeVisible();
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'You\'re offline' })).toBeVisible();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
  });

  test('the first cell that is opened says that the server cannot be reached, and is shown once it can', async ({ page, open, server, context }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    // With it comes what waits for missing parts.
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(it => it.name.includes('/live.js')));
    await context.setOffline(true);
    await cell(page, 'Step 1 Announce, Acme').click();
    const line = page.getByRole('status').filter({ hasText: 'The server cannot be reached. What is not loaded yet opens once it is back.' });
    await expect(line).toBeVisible();
    // The grid goes on working, and the page has not failed.
    await page.keyboard.press('ArrowRight');
    await expect(cell(page, 'Step 1 Announce, Globex')).toBeFocused();
    await expect(page.locator('html')).not.toHaveAttribute('data-failed');
    const tried = page.waitForRequest(/\/pkg\//);
    await line.getByRole('button', { name: 'Retry' }).click();
    await tried;
    await expect(line).toBeVisible();
    await context.setOffline(false);
    await expect(page.getByRole('complementary', { name: 'Announce, Globex' })).toBeVisible();
    await expect(line).toHaveCount(0);
  });

  test('a cell that cannot be read says so in the panel, and Retry shows it', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await cell(page, 'Step 1 Announce, Acme').click();
    await expect(panel(page, 'Announce, Acme')).toBeVisible();
    await page.route('**/rpc/read_step*', it => it.abort('internetdisconnected'));
    await cell(page, 'Step 2 Migrate schema, Acme').click();
    const unread = page.getByRole('complementary', { name: 'Step', exact: true });
    await expect(unread.getByRole('alert')).toHaveText('The server could not be reached: check the connection and try again.');
    const retry = unread.getByRole('button', { name: 'Retry' });
    const tried = page.waitForEvent('requestfailed', it => it.url().includes('/rpc/read_step'));
    await retry.press('Enter');
    await tried;
    await expect(unread.getByRole('alert')).toBeVisible();
    await expect(retry).toBeFocused();
    await page.unroute('**/rpc/read_step*');
    await retry.press('Enter');
    await expect(panel(page, 'Migrate schema, Acme').getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  });
});

test('one cross is drawn: under the mouse, or of the focus', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  const plain = (row: string) => page.getByRole('rowheader', { name: new RegExp(row) }).evaluate(it => getComputedStyle(it).backgroundColor);
  const other_row = await plain('Check');
  expect(await plain('Announce')).not.toBe(other_row);
  await cell(page, 'Step 3 Upgrade, Globex').hover();
  await expect.poll(() => plain('Upgrade')).not.toBe(other_row);
  expect(await plain('Announce')).toBe(other_row);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => plain('Migrate schema')).not.toBe(other_row);
  expect(await plain('Upgrade')).toBe(other_row);
});

test('the cross stays with the focus when the keyboard scrolls the grid under a mouse that rests', async ({ page, open, server }) => {
  const { release } = await many(server, 60, 60);
  await open(`/releases/${release}`);
  const box = (await cell(page, 'Step 4 s03, c03').boundingBox())!;
  const at = [box.x + 10, box.y + 10] as const;
  await page.mouse.move(...at);
  const pointing = () => page.locator('.matrix').getAttribute('data-pointing');
  await expect.poll(pointing).toBe('');
  await cell(page, 'Step 1 s00, c00').focus();
  await page.keyboard.press('Control+End');
  await expect(cell(page, 'Step 60 s59, c59')).toBeFocused();
  // Browsers tell a page by events of the mouse where it is that another cell is under it.
  await page.mouse.move(...at);
  await expect.poll(() => page.evaluate(() => Number(document.querySelector('td:hover')?.getAttribute('data-r')))).toBeGreaterThan(30);
  expect(await pointing()).toBeNull();
  await page.mouse.move(at[0] + 70, at[1]);
  await expect.poll(pointing).toBe('');
});

test('with forced colours marks, density and the page that one is on are told', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('override_step', { id: step.acme.announce, content: 'x', version: 1 });
  await page.emulateMedia({ forcedColors: 'active' });
  await open(`/releases/${june}`);
  const marks = await cell(page, 'Step 1 Announce, Acme').evaluate(it => getComputedStyle(it, '::after').backgroundImage);
  expect(marks).toContain('gradient');
  const colour = (name: string) => page.getByRole('button', { name, exact: true }).evaluate(it => getComputedStyle(it).backgroundColor);
  expect(await colour('default')).not.toBe(await colour('roomy'));
  const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
  const colours = await links.evaluateAll(all => all.map(it => [it.hasAttribute('aria-current'), getComputedStyle(it).backgroundColor]));
  const current = colours.filter(it => it[0]).map(it => it[1]);
  expect(current).toHaveLength(1);
  expect(colours.filter(it => !it[0]).map(it => it[1])).not.toContain(current[0]);
});

test('the 96th of 100 steps is chosen where it is', async ({ page, open, server }) => {
  const { release } = await many(server, 100, 1);
  await open(`/releases/${release}/steps`);
  const one = page.getByRole('button', { name: 's95', exact: true });
  await one.scrollIntoViewIfNeeded();
  await one.click();
  const name = page.getByRole('region', { name: 's95' }).getByLabel('Name');
  await expect(name).toHaveValue('s95');
  await expect(name).toBeFocused();
  await expect(one).toBeInViewport();
});

test.describe('at 200 %', () => {
  test.use({ viewport: { width: 640, height: 360 } });
  test('rows stay in reach however long the panel is', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.upgrade}`);
    await expect(panel(page, 'Upgrade, Acme')).toBeVisible();
    await cell(page, 'Step 2 Migrate schema, Acme').scrollIntoViewIfNeeded();
    await expect(cell(page, 'Step 2 Migrate schema, Acme')).toBeInViewport({ ratio: 0.9 });
    const pane = await page.locator('.matrix').boundingBox();
    expect(pane!.height).toBeGreaterThan(180);
  });
});
