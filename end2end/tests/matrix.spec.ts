// The matrix: filters and collapsed clusters in the address, undo and redo, also after a reload.
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { activeJune, june as draftJune } from '../fixtures/world';

test('filters narrow the grid, stand in the address, and are there again after a reload', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const grid = page.getByRole('grid');
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await cell('Step 1 Announce, Globex').click();
  await page.keyboard.press('/');
  const field = page.getByLabel('Filter customers and steps');
  await expect(field).toBeFocused();
  await page.keyboard.type('glo');
  await expect(cell('Step 1 Announce, Acme')).toHaveCount(0);
  await expect(cell('Step 1 Announce, Globex')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(cell('Step 1 Announce, Globex')).toBeFocused();
  await field.fill('glo upgr');
  await expect(cell('Step 1 Announce, Globex')).toHaveCount(0);
  await expect(cell('Step 3 Upgrade, Globex')).toBeVisible();
  await expect(page).toHaveURL(/q=glo%20upgr/);
  await page.reload();
  await live(page);
  await expect(field).toHaveValue('glo upgr');
  await expect(cell('Step 3 Upgrade, Globex')).toBeVisible();
  await expect(cell('Step 3 Upgrade, Acme')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(grid.getByRole('gridcell', { name: /^Step/ })).toHaveCount(12);
  await expect(page).not.toHaveURL(/q=/);
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
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Undid "Mark done" on 1 cell' })).toBeVisible();
  await expect(cell).toBeFocused();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Globex, eu-west: pending' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('html[data-same]')).toHaveCount(1);
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Globex, eu-west: done' })).toBeVisible();
});

test('an undo of one\'s own asks only before it deletes work', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await page.getByRole('complementary').getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Add custom step…', exact: true }).click();
  const adding = page.getByRole('dialog', { name: 'Add custom step for Acme' });
  await adding.getByLabel('Name').fill('Own');
  await adding.getByLabel('Content').fill('true');
  await adding.getByRole('button', { name: 'Add step' }).click();
  const own = (state: string) => page.getByRole('gridcell', { name: new RegExp(`Own, Acme, eu-west: ${state}`) });
  await expect(own('pending')).toBeVisible();
  await other(server, 'Jonas')('act_on_step', act(13, 'done'));
  const undo = page.getByRole('button', { name: 'Undo', exact: true }).first();
  await undo.click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog.getByText(/Own, Acme has work \(done\) by Jonas/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(undo).not.toHaveAttribute('aria-disabled');
  await undo.click();
  await dialog.getByLabel('Also delete 1 row with work').check();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(own('.*')).toHaveCount(0);
  // What was deleted with its work comes back with it.
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(own('done by Jonas')).toBeVisible();
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
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByText('Mark done')).toBeVisible();
  await keys.getByLabel('Enable single-key shortcuts').uncheck();
  await keys.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Initech' }).click();
  await page.keyboard.press('d');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Initech' })).toBeFocused();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Initech, us-east: pending' })).toBeVisible();
});

test('who and when stay with their cells when a step is added meanwhile', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'done'));
  const go = await hold(page, 'read_marks');
  await open(`/releases/${june}`);
  const draft = { name: 'Before all', category: 'deploy', type: 'text', content: 'x', description: '' };
  await server.call('add_template', { release: june, draft, place: { Before: 1 } });
  go();
  const cell = (name: RegExp) => page.getByRole('gridcell', { name });
  await expect(cell(/Before all, Acme, eu-west: pending$/)).toBeVisible();
  await expect(cell(/Announce, Acme, eu-west: done by Jonas/)).toBeVisible();
  await expect(cell(/Migrate schema, Acme, eu-west: pending$/)).toBeVisible();
});

test('what was done before the release was active is not undone by its button', async ({ page, open, server }) => {
  const world = await draftJune(server);
  await open(`/releases/${world.june}/steps`);
  await page.getByRole('button', { name: 'Import runbook…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import runbook' });
  await dialog.getByLabel('Runbook in Markdown').fill('## Smoke test\n\n```bash\ntrue\n```\n');
  await dialog.getByRole('button', { name: 'Import 1 step' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Imported 1 step' })).toBeVisible();
  await server.call('activate_release', { id: world.june, customers: [world.acme, world.globex] });
  await open(`/releases/${world.june}`);
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await page.keyboard.press('Control+z');
  await undo.click({ force: true });
  await page.reload();
  await live(page);
  await expect(page.getByRole('gridcell', { name: /Smoke test, .*: pending/ })).toHaveCount(2);
});

test('two browsers with one name undo their own work only', async ({ page, open, server, browser }) => {
  const { june } = await activeJune(server);
  const mark = async (it: Page, name: string) => {
    await it.getByRole('gridcell', { name }).click();
    await it.keyboard.press('d');
    await expect(it.getByRole('status').filter({ hasText: 'Marked Announce done' })).toBeVisible();
  };
  await open(`/releases/${june}`);
  await mark(page, 'Step 1 Announce, Acme');
  const second = await (await browser.newContext()).newPage();
  await second.goto(`${server.url}/releases/${june}`);
  await live(second);
  await mark(second, 'Step 1 Announce, Globex');
  const undo = second.getByRole('button', { name: 'Undo', exact: true }).first();
  await expect(undo).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await undo.click();
  await expect(second.getByRole('gridcell', { name: 'Step 1 Announce, Globex, eu-west: pending' })).toBeVisible();
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  await second.keyboard.press('Control+z');
  await expect(second.getByRole('gridcell', { name: /Step 1 Announce, Acme, eu-west: done/ })).toBeVisible();
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Acme, eu-west: pending' })).toBeVisible();
  await second.context().close();
});

test('others\' changes of the template end what can be undone here', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await page.keyboard.press('d');
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  await expect(undo.first()).not.toHaveAttribute('aria-disabled');
  const draft = { name: 'Smoke test', category: 'verify', type: 'text', content: 'x', description: '' };
  await other(server, 'Jonas')('add_template', { release: june, draft, place: 'Last' });
  await page.reload();
  await live(page);
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
});
