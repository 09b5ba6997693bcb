// Interaction with the matrix: rectangular selection by mouse, row and column heads by keyboard, hover cards, one step across
// customers, the print view, and paging without JavaScript.
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { act } from '../fixtures/other';
import { activeJune, many } from '../fixtures/world';

test('a rectangle is drawn with the mouse, and the bar says what it can do and why not all of it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  const [from, to] = [await cell('Step 1 Announce, Globex').boundingBox(), await cell('Step 3 Upgrade, Initech').boundingBox()];
  await page.mouse.move(from!.x + 10, from!.y + 10);
  await page.mouse.down();
  await page.mouse.move(to!.x + 5, to!.y + 5, { steps: 6 });
  await page.mouse.move(to!.x + 12, to!.y + 12);
  await page.mouse.up();
  await expect(page.locator('td[aria-selected=true]')).toHaveCount(6);
  await expect(page.getByRole('complementary')).toHaveCount(0);
  const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
  await expect(bar).toContainText('3 steps × 2 customers');
  await expect(bar).toContainText('1 not eligible: 1 missing HOST');
  await expect(bar.getByRole('button', { name: 'Mark done 5' })).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked 5 cells done' })).toBeVisible();
  await expect(cell('Step 3 Upgrade, Initech, us-east: pending')).toBeVisible();
});

test('the card of a cell is not in the way of a drag that begins there', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Globex').hover();
  await expect(page.getByRole('tooltip')).toBeVisible();
  await page.mouse.down();
  await expect(page.getByRole('tooltip')).toBeHidden();
  const to = await cell('Step 3 Upgrade, Initech').boundingBox();
  await page.mouse.move(to!.x + 12, to!.y + 12, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('td[aria-selected=true]')).toHaveCount(6);
});

// What the grid shows: heads, and every cell's text and attributes but those of focus and selection.
const shown = (page: Page) => page.locator('.grid').evaluate(grid => {
  const apart = ['tabindex', 'data-focus', 'aria-selected', 'data-edge', 'data-cross', 'data-hover'];
  return [...grid.querySelectorAll('th, td')].map(it => {
    const attributes = [...it.attributes].filter(at => !apart.includes(at.name)).map(at => `${at.name}=${at.value}`);
    return [it.localName, ...attributes.sort(), it.localName === 'td' ? it.textContent : it.innerHTML.replaceAll(/ data-(cross|focus)=""| tabindex="[^"]*"/g, '')].join(' ');
  });
});

test('after letters in the filter each cell is as it is after a reload', async ({ page, open, server }) => {
  const { release, customers } = await many(server, 5, 16);
  const copy = (customer: number, at: number) => customer * 5 + at + 1;
  for (const [id, action] of [[copy(0, 0), 'done'], [copy(3, 1), 'start'], [copy(11, 0), 'done'], [copy(12, 2), 'skip']] as const)
    await server.call('act_on_step', act(id, action, action === 'skip' ? 'Not here' : null));
  const own = { name: 'Own', category: 'deploy', type: 'bash', content: 'true', description: '' };
  await server.call('add_custom_step', { release, customer: customers[13], draft: own, place: 'Last', add_to_template: false });
  await open(`/releases/${release}`);
  const cells = page.locator('.matrix td.cell');
  await expect(cells).toHaveCount(16 * 6);
  await cells.evaluateAll(all => all.forEach(it => it.setAttribute('data-changed', '')));
  const before = await shown(page);
  await page.getByLabel('Filter customers and steps').pressSequentially('c1');
  await expect(cells).toHaveCount(6 * 6);
  await expect(page.locator('td[data-changed]')).toHaveCount(0);
  const narrowed = await shown(page);
  await expect(page).toHaveURL(/q=c1/);
  await page.reload();
  await live(page);
  await expect(cells).toHaveCount(6 * 6);
  expect(await shown(page)).toEqual(narrowed);
  await page.getByLabel('Filter customers and steps').fill('');
  await expect(cells).toHaveCount(16 * 6);
  expect(await shown(page)).toEqual(before.map(it => it.replace(' data-changed=', '')));
});

test('row, column, cluster and all are selected from the menu and by their keys', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const selected = page.locator('td[aria-selected=true]');
  const choose = async (what: string) => {
    await page.locator('summary').filter({ hasText: 'Select' }).click();
    await page.getByRole('button', { name: what, exact: true }).click();
  };
  await page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Globex' }).click();
  await choose('Row');
  await expect(selected).toHaveCount(3);
  await choose('Column');
  await expect(selected).toHaveCount(4);
  await choose('Cluster');
  await expect(selected).toHaveCount(8);
  await choose('All visible');
  await expect(selected).toHaveCount(12);
  await page.keyboard.press('Escape');
  await expect(selected).toHaveCount(1);
  await page.keyboard.press('Shift+Space');
  await expect(selected).toHaveCount(3);
  await page.keyboard.press('Control+Space');
  await expect(selected).toHaveCount(4);
});

test('heads are reached with the arrows: a cluster is closed and opened, a step worked on across customers', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Acme').click();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('columnheader', { name: /Acme/ }).getByRole('link')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  const cluster = page.getByRole('button', { name: /eu-west/ }).first();
  await expect(cluster).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cell('Step 1 Announce, eu-west: 0 of 2 finished')).toBeVisible();
  await expect(cluster).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cell('Step 1 Announce, Globex')).toBeVisible();
  await page.keyboard.press('Control+Space');
  await expect(page.locator('td[aria-selected=true]')).toHaveCount(8);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(cell('Step 1 Announce, Acme')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('rowheader', { name: /Migrate schema/ }).getByRole('link')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Migrate schema, Acme' })).toBeVisible();
  await expect(page).toHaveURL(/steps=Migrate%20schema/);
  await expect(cell('Step 1 Announce, Acme')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(cell('Step 1 Announce, Acme')).toBeVisible();
});

test('a card tells who, when and why, under the mouse and under the keyboard, and goes with Escape', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await fetch(`${server.url}/rpc/act_on_step`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rollcall-user': 'Jonas' }, body: JSON.stringify({ id: 1, action: 'fail', reason: 'no <b>answer</b>', allow_unresolved: false }) });
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  const card = page.getByRole('tooltip');
  await cell('Step 1 Announce, Acme, eu-west: failed by Jonas').hover();
  await expect(card).toContainText('Failed, Jonas');
  await expect(card).toContainText('no <b>answer</b>');
  await card.hover();
  await expect(card).toBeVisible();
  await page.mouse.move(5, 5);
  await expect(card).toBeHidden();
  await cell('Step 3 Upgrade, Globex').focus();
  await page.keyboard.press('ArrowRight');
  await expect(card).toContainText('var.HOST not set');
  await expect(cell('Step 3 Upgrade, Initech')).toHaveAttribute('aria-describedby', 'cell-card');
  await page.keyboard.press('Escape');
  await expect(card).toBeHidden();
});

test('the matrix prints as it is filtered, drawn by the server', async ({ page, open, server, context }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?customers=acme`);
  await page.getByLabel('More: edit, steps, clone, archive').click();
  const [paper] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Print' }).click()]);
  await expect(paper.getByRole('heading', { level: 1, name: 'June' })).toBeVisible();
  await expect(paper.getByText('customers with “acme”')).toBeVisible();
  await expect(paper.getByRole('table')).toHaveCount(1);
  await expect(paper.getByRole('columnheader', { name: /Acme/ })).toBeVisible();
  await expect(paper.getByRole('columnheader', { name: /Globex/ })).toHaveCount(0);
  await expect(paper.getByRole('button', { name: 'Print' })).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test('links page through steps and customers, and each name leads to its steps', async ({ page, server }) => {
    const { release } = await many(server, 30, 40);
    await page.goto(`${server.url}/releases/${release}`);
    await expect(page.getByRole('gridcell', { name: 'Step 1 s00, c00' })).toBeVisible();
    await page.getByRole('link', { name: 'Rows below' }).click();
    await expect(page.getByRole('gridcell', { name: 'Step 21 s20, c00' })).toBeVisible();
    await page.getByRole('link', { name: 'Customers after' }).click();
    await expect(page.getByRole('gridcell', { name: 'Step 21 s20, c12' })).toBeVisible();
    await page.getByRole('link', { name: /^c12/ }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'c12' })).toBeVisible();
  });
});

test('100 steps by 1,000 customers: a window is drawn, wherever one is', async ({ page, open, server }) => {
  test.setTimeout(300_000);
  const { release } = await many(server, 100, 1000);
  await open(`/releases/${release}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await expect(page.getByRole('grid')).toHaveAttribute('aria-colcount', '1001');
  await cell('Step 1 s00, c000').focus();
  await page.keyboard.press('Control+End');
  await expect(cell('Step 100 s99, c999')).toBeFocused();
  await page.keyboard.press('d');
  await expect(cell('Step 100 s99, c999, many: done by Ana Ferreira')).toBeVisible();
  await page.keyboard.press('n');
  await expect(cell('Step 1 s00, c000')).toBeFocused();
  // Scrolled far away and back, the keyboard is where it was.
  await page.locator('.matrix').evaluate(pane => pane.scrollTo(20_000, 1_500));
  await expect(page.locator('td[data-c="300"]').first()).toBeAttached();
  await page.keyboard.press('ArrowDown');
  await expect(cell('Step 2 s01, c000')).toBeFocused();
  expect(await page.locator('*').count()).toBeLessThan(6_000);
  await page.getByLabel('Filter customers').fill('c99');
  await expect(page.getByRole('grid')).toHaveAttribute('aria-colcount', '11');
  await page.keyboard.press('Escape');
  await expect(cell('Step 1 s00, c990')).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked 999 cells done' })).toBeVisible();
});

test('the keys act on the cell that has the focus, however it got it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string | RegExp) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Acme').click();
  await cell('Step 2 Migrate schema, Globex').evaluate(it => it.focus());
  await expect(page.locator('td[aria-selected=true]')).toHaveAccessibleName(/Step 2 Migrate schema, Globex/);
  await page.keyboard.press('d');
  await expect(cell(/Step 2 Migrate schema, Globex, eu-west: done by Ana/)).toBeVisible();
  await expect(cell('Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  // A range that is drawn with Shift and the mouse stays a range.
  await cell('Step 1 Announce, Acme').click();
  // The card of the cell under the mouse may cover other cells.
  await page.mouse.move(0, 0);
  await cell('Step 3 Upgrade, Globex').click({ modifiers: ['Shift'] });
  await expect(page.locator('td[aria-selected=true]')).toHaveCount(6);
});
