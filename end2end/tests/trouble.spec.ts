// Failures between a key press and the saved cell (server unreachable, slow, conflict): nothing is lost, the failure is shown,
// and the action can be repeated.
import { test, expect } from '../fixtures/app';
import type { Page } from '@playwright/test';
import { hold, holdAnswer } from '../fixtures/hold';
import { activeJune, jonas } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });

test.describe('when the server cannot be reached', () => {
  test.use({ faults: [/ERR_FAILED|status of 502/] });

  test('a cell goes back, says what it was meant to be, and the panel tries again', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.route('**/rpc/act_on_step*', route => route.abort());
    await cell(page, 'Step 1 Announce, Acme').focus();
    await page.keyboard.press('d');
    await expect(said(page, 'Announce for Acme could not be marked done: the server could not be reached.')).toBeVisible();
    const failed = cell(page, 'Step 1 Announce, Acme, eu-west: pending, could not be marked done');
    await expect(failed).toBeFocused();
    await expect(failed).toHaveAttribute('data-error', '');
    await page.mouse.move(5, 5);
    await failed.hover();
    await expect(page.getByRole('tooltip')).toContainText('Could not be marked done');
    await failed.click();
    const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
    await expect(panel.getByRole('alert')).toContainText('The server could not be reached');
    // Another step has no such trouble; the first one keeps it.
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('complementary', { name: 'Announce, Globex' }).getByRole('alert')).toHaveCount(0);
    await page.keyboard.press('ArrowLeft');
    await page.unroute('**/rpc/act_on_step*');
    await panel.getByRole('button', { name: 'Try again' }).click();
    await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done by Ana Ferreira')).not.toHaveAttribute('data-error');
    await expect(panel.getByRole('alert')).toHaveCount(0);
  });

  test('a part of the page that cannot be loaded is waited for, however often that fails', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(it => it.name.includes('/live.js')));
    let tries = 0;
    await page.route('**/pkg/*.wasm', route => { tries += 1; return tries % 2 ? route.abort() : route.fulfill({ status: 502 }); });
    await cell(page, 'Step 1 Announce, Acme').click();
    await expect(said(page, 'The server cannot be reached.')).toBeVisible();
    await page.keyboard.press('ArrowRight');
    await expect(cell(page, 'Step 1 Announce, Globex')).toBeFocused();
    const first = tries;
    await expect.poll(() => tries).toBeGreaterThan(first);
    await page.unroute('**/pkg/*.wasm');
    await expect(page.getByRole('complementary', { name: 'Announce, Globex' })).toBeVisible();
    await expect(said(page, 'The server cannot be reached.')).toHaveCount(0);
  });

  test('many cells stay selected, the bar says so and tries again', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.route('**/rpc/act_on_steps*', route => route.abort());
    await cell(page, 'Step 1 Announce, Acme').focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('d');
    const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
    await expect(bar.getByRole('alert')).toHaveText('The server could not be reached: check the connection and try again.');
    await expect(page.locator('td[aria-selected=true]')).toHaveCount(2);
    await page.unroute('**/rpc/act_on_steps*');
    await bar.getByRole('button', { name: 'Try again' }).click();
    await expect(said(page, 'Marked 2 cells done')).toBeVisible();
    await expect(bar.getByRole('alert')).toHaveCount(0);
  });

  test('a reason that was typed stays in its dialog', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.route('**/rpc/act_on_step*', route => route.abort());
    await cell(page, 'Step 1 Announce, Acme').focus();
    await page.keyboard.press('f');
    const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Acme' });
    await dialog.getByLabel('Reason').fill('no answer');
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('alert')).toContainText('The server could not be reached');
    await expect(dialog.getByLabel('Reason')).toHaveValue('no answer');
    await page.unroute('**/rpc/act_on_step*');
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await expect(cell(page, /Step 1 Announce, Acme, eu-west: failed by Ana/)).toBeVisible();
    await expect(dialog).toHaveCount(0);
  });

  test('an archive that did not happen is said', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.route('**/rpc/archive_release*', route => route.abort());
    await page.getByLabel('More: edit, steps').click();
    await page.getByRole('button', { name: 'Archive' }).click();
    const dialog = page.getByRole('dialog', { name: 'Archive June' });
    await dialog.getByRole('button', { name: 'Archive' }).click();
    await expect(dialog.getByRole('alert')).toContainText('The server could not be reached');
  });
});

test('a cell shows its new state at once, and that it is being saved if that takes long', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  let go = () => {};
  const held = new Promise<void>(done => (go = done));
  await page.route('**/rpc/act_on_step*', async route => {
    await held;
    await route.continue();
  });
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('d');
  const it = cell(page, 'Step 1 Announce, Acme, eu-west: done');
  await expect(it).toHaveAttribute('aria-busy', 'true');
  await expect(page.getByText('1 of 12 cells')).toBeVisible();
  go();
  await expect(it).not.toHaveAttribute('aria-busy');
  await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
});

test('an undo that is asked for while many cells are being changed undoes just that', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 2 Migrate schema, Acme').focus();
  await page.keyboard.press('d');
  await expect(said(page, 'Marked Migrate schema done for Acme')).toBeVisible();
  let go = () => {};
  const held = new Promise<void>(done => (go = done));
  await page.route('**/rpc/act_on_steps*', async route => {
    await held;
    await route.continue();
  });
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('d');
  await expect(page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: 'Mark done' })).toHaveAttribute('aria-busy', 'true');
  await page.keyboard.press('Control+z');
  go();
  await expect(said(page, 'Undid "Mark done" on 2 cells')).toBeVisible();
  await expect(cell(page, 'Step 1 Announce, Globex, eu-west: pending')).toBeVisible();
  await expect(cell(page, 'Step 2 Migrate schema, Acme, eu-west: done')).toBeVisible();
});

test('somebody was faster: the rule is said, and the cell shows what is there', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await jonas(server, 'act_on_step', { id: 1, action: 'done', reason: null, allow_unresolved: false });
  await cell(page, 'Step 1 Announce, Acme, eu-west: pending').focus();
  await page.keyboard.press('i');
  await expect(said(page, 'Announce for Acme could not be started: a done step cannot be started.')).toBeVisible();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done by Jonas')).toBeFocused();
});

test('a reason is sent with Enter, has lines with Shift+Enter, and is offered again', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('s');
  const many = page.getByRole('dialog', { name: 'Skip 2 cells' });
  await expect(many).toBeVisible();
  await expect(many.getByLabel('Recent reasons')).toHaveCount(0);
  await page.keyboard.type('not here');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and not now');
  await page.keyboard.press('Enter');
  await expect(said(page, 'Skipped 2 cells')).toBeVisible();
  await cell(page, 'Step 2 Migrate schema, Acme').focus();
  await page.keyboard.press('s');
  const one = page.getByRole('dialog', { name: 'Skip Migrate schema for Acme' });
  await one.getByLabel('Recent reasons').selectOption({ index: 1 });
  await expect(one.getByLabel('Reason', { exact: true })).toHaveValue('not here\nand not now');
  await expect(one.getByLabel('Reason', { exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cell(page, /Step 2 Migrate schema, Acme, eu-west: skipped by Ana/)).toBeVisible();
});

test('what stands in the way of an action is said before it is pressed', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await jonas(server, 'act_on_step', { id: 1, action: 'done', reason: null, allow_unresolved: false });
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('Shift+ArrowRight');
  const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
  await expect(bar).toContainText('1 not eligible: 1 already done');
  await bar.getByRole('button', { name: 'Revert' }).hover();
  await expect(bar).toContainText('1 not eligible: 1 pending');
  await bar.getByRole('button', { name: 'Reopen' }).focus();
  await expect(bar).toContainText('1 not eligible: 1 already pending');
});

test('a filter that leaves nothing says what it hides', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?customers=nobody`);
  const empty = said(page, 'No matches; 12 cells hidden');
  await expect(empty).toBeVisible();
  await empty.getByRole('button', { name: 'Show all' }).click();
  await expect(cell(page, 'Step 1 Announce, Acme')).toBeVisible();
  await expect(empty).toHaveCount(0);
  await expect(page.getByLabel('Filter customers')).toHaveValue('');
});

test('the link to a view is copied', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  await open(`/releases/${june}?customers=acme`);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(said(page, 'Copied the link to this view')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${server.url}/releases/${june}?customers=acme`);
});

test('a reason that is being written stays when the answer of another cell comes', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('d');
  await cell(page, 'Step 1 Announce, Globex').focus();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Globex' });
  await dialog.getByLabel('Reason').fill('nobody answers');
  go();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Ana/)).toBeVisible();
  await expect(dialog.getByLabel('Reason')).toHaveValue('nobody answers');
  await expect(dialog.getByLabel('Reason')).toBeFocused();
  // Escape does not throw it away either.
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await cell(page, 'Step 1 Announce, Globex').focus();
  await page.keyboard.press('f');
  await expect(dialog.getByLabel('Reason')).toHaveValue('nobody answers');
  await page.keyboard.press('Enter');
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: failed by Ana/)).toBeVisible();
});

test('two quick actions on one cell are sent one after the other, and the last one counts', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const sent: string[] = [];
  page.on('request', it => { if (/rpc\/act_on_step$/.test(it.url())) sent.push(JSON.parse(it.postData()!).action); });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('i');
  await page.keyboard.press('d');
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done')).toBeVisible();
  await expect.poll(() => sent).toEqual(['start']);
  go();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Ana/)).toBeVisible();
  expect(sent).toEqual(['start', 'done']);
});

test('a mark of one cell waits for the bulk action before it, and the last one counts', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const sent: string[] = [];
  page.on('request', it => { if (/rpc\/act_on_steps?$/.test(it.url())) sent.push(JSON.parse(it.postData()!).action); });
  const go = await hold(page, 'act_on_steps');
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('i');
  await expect.poll(() => sent).toEqual(['start']);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('d');
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done')).toBeVisible();
  // Another cell does not wait.
  await cell(page, 'Step 3 Upgrade, Acme').focus();
  await page.keyboard.press('d');
  await expect(cell(page, /Step 3 Upgrade, Acme, eu-west: done by Ana/)).toBeVisible();
  expect(sent).toEqual(['start', 'done']);
  go();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Ana/)).toBeVisible();
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: in progress by Ana/)).toBeVisible();
  expect(sent).toEqual(['start', 'done', 'done']);
});

test('a mark waits for the undo before it, which waits for the mark before that', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const sent: string[] = [];
  page.on('request', it => { if (/rpc\/(act_on_step|undo)$/.test(it.url())) sent.push(/undo$/.test(it.url()) ? 'undo' : JSON.parse(it.postData()!).action); });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('d');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('i');
  await expect.poll(() => sent).toEqual(['done']);
  go();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Ana/)).toBeVisible();
  expect(sent).toEqual(['done', 'undo', 'start']);
});

test('a grid that was read before a mark does not undo it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await jonas(server, 'act_on_step', { id: 1, action: 'done', reason: null, allow_unresolved: false });
  const go = await holdAnswer(page, 'read_matrix');
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('i');
  await expect(said(page, 'could not be started')).toBeVisible();
  await cell(page, 'Step 1 Announce, Globex').focus();
  await page.keyboard.press('d');
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: done by Ana/)).toBeVisible();
  go();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Jonas/)).toBeVisible();
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: done by Ana/)).toBeVisible();
});

test('each action on many cells keeps the reason that was typed for it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('Shift+ArrowRight');
  const write = async (key: string, expected: string, reason: string) => {
    await page.keyboard.press(key);
    await expect(page.getByLabel('Reason')).toHaveValue(expected);
    await page.getByLabel('Reason').fill(reason);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(cell(page, 'Step 1 Announce, Globex')).toBeFocused();
  };
  await write('s', '', 'not needed');
  await write('f', '', 'no answer');
  await write('s', 'not needed', 'not needed');
});
