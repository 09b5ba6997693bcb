// The matrix: filters and collapsed clusters in the address, undo and redo, also after a reload.
import { test, expect, live } from '../fixtures/app';
import { activeJune } from '../fixtures/world';

test('filters narrow the grid, stand in the address, and are there again after a reload', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const grid = page.getByRole('grid');
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Globex').click();
  await page.keyboard.press('/');
  await expect(page.getByLabel('Filter customers')).toBeFocused();
  await page.keyboard.type('glo');
  await expect(cell('Step 1 Announce, Acme')).toHaveCount(0);
  await expect(cell('Step 1 Announce, Globex')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(cell('Step 1 Announce, Globex')).toBeFocused();
  await page.getByLabel('Filter steps').fill('upgr');
  await expect(cell('Step 1 Announce, Globex')).toHaveCount(0);
  await expect(cell('Step 3 Upgrade, Globex')).toBeVisible();
  await expect(page).toHaveURL(/customers=glo&steps=upgr/);
  await page.reload();
  await live(page);
  await expect(page.getByLabel('Filter customers')).toHaveValue('glo');
  await expect(cell('Step 3 Upgrade, Globex')).toBeVisible();
  await expect(cell('Step 3 Upgrade, Acme')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(grid.getByRole('gridcell', { name: /^Step/ })).toHaveCount(12);
  await expect(page).not.toHaveURL(/customers/);
});

test('a filter by state hides rows and columns without such a cell, and a bulk leaves dimmed cells alone', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await expect(page.getByRole('button', { name: 'Failed' })).toBeHidden();
  await cell('Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await cell('Step 2 Migrate schema, Globex').click();
  await page.keyboard.press('d');
  await page.getByRole('button', { name: 'Done 2' }).click();
  await expect(page).toHaveURL(/status=done/);
  await expect(page.getByRole('gridcell', { name: /^Step/ })).toHaveCount(4);
  await cell('Step 1 Announce, Acme').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('p');
  await expect(page.getByRole('status').filter({ hasText: 'Reopened 2 cells' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.getByRole('gridcell', { name: /: pending/ })).toHaveCount(12);
});

test('what was done can be undone and done again, also after a reload', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Acme').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('d');
  await expect(cell('Step 1 Announce, Globex, eu-west: done')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(cell('Step 1 Announce, Globex, eu-west: pending')).toBeVisible();
  // The selection is still there: nothing was drawn from scratch.
  await expect(cell('Step 1 Announce, Acme')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+Shift+Z');
  await expect(cell('Step 1 Announce, Globex, eu-west: done')).toBeVisible();
  await page.reload();
  await live(page);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(cell('Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Redo' })).toBeVisible();
});

test('an undo from the toast happens in place', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?customers=glo`);
  const cell = page.getByRole('gridcell', { name: 'Step 1 Announce, Globex' });
  await cell.click();
  await page.keyboard.press('d');
  await page.evaluate(() => { document.documentElement.dataset.same = 'yes'; });
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Undone: 1 restored' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Globex, eu-west: pending' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('html[data-same]')).toHaveCount(1);
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Globex, eu-west: done' })).toBeVisible();
});

test('an undo that comes before the answer waits for it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Acme').click();
  await page.keyboard.press('i');
  await expect(page.getByRole('status').filter({ hasText: 'Started Announce' })).toBeVisible();
  let answer = () => {};
  const held = new Promise<void>(free => answer = free);
  await page.route('**/rpc/act_on_step', async route => {
    await held;
    await route.continue();
  });
  await page.keyboard.press('d');
  await expect(cell('Step 1 Announce, Acme, eu-west: done')).toBeVisible();
  await page.keyboard.press('Control+z');
  answer();
  await expect(cell('Step 1 Announce, Acme, eu-west: in progress')).toBeVisible();
});

test('a collapsed cluster stands in the address, and every key in a list of its own', async ({ page, open, server }) => {
  const { june, eu } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'eu-west' }).click();
  await expect(page).toHaveURL(new RegExp(`closed=${eu}`));
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, eu-west: 0 of 2 finished' })).toBeVisible();
  await page.reload();
  await live(page);
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, eu-west: 0 of 2 finished' })).toBeVisible();
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Initech' }).click();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys.getByText('Mark done')).toBeVisible();
  await keys.getByLabel('Single letters act while the grid has the keyboard').uncheck();
  await keys.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Initech' }).click();
  await page.keyboard.press('d');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Initech' })).toBeFocused();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Initech, us-east: pending' })).toBeVisible();
});
