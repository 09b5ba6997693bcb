// What others do, and answers that come late, while a person types or has no connection (R32): nothing is lost, and no key does what it was
// not meant for.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });
// Under an open dialog too.
const state = (page: Page, id: number) => page.locator(`.matrix td[data-step="${id}"]`);
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });

test.describe('on a page that hears what others change', () => {
  // A step that is gone is 404.
  test.use({ hears: true, faults: [/status of 404/] });

  test('a reason that is being written stays when somebody removes its customer, and says so', async ({ page, open, server }) => {
    const { june, globex } = await activeJune(server);
    await open(`/releases/${june}`);
    await connected(page);
    await cell(page, 'Step 1 Announce, Globex').click();
    await page.keyboard.press('f');
    const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Globex' });
    const reason = dialog.getByLabel('Reason', { exact: true });
    await expect(reason).toBeFocused();
    await page.keyboard.type('no ');
    await other(server, 'Jonas')('remove_customers', { id: june, customers: [globex] });
    const removed = dialog.getByText('Jonas removed this step or its customer from the release.');
    await expect(removed).toBeVisible();
    await expect(reason).toBeFocused();
    await page.keyboard.type('dips');
    await expect(reason).toHaveValue('no dips');
    await page.keyboard.press('Enter');
    await expect(removed).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(page.locator('.matrix td[data-step]:not([data-state=pending])')).toHaveCount(0);
  });

  test('what others do to a step is said above the reason that is being written for it', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const jonas = other(server, 'Jonas');
    await open(`/releases/${june}`);
    await connected(page);
    await cell(page, 'Step 1 Announce, Globex').click();
    await page.keyboard.press('f');
    const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Globex' });
    const reason = dialog.getByLabel('Reason', { exact: true });
    await expect(reason).toBeFocused();
    await page.keyboard.type('no ');
    await jonas('act_on_step', act(step.initech.announce, 'start'));
    await jonas('act_on_step', act(step.globex.announce, 'start'));
    await expect(dialog.getByRole('alert')).toHaveText(/^Jonas started it at \d\d:\d\d$/);
    await expect(reason).toBeFocused();
    await page.keyboard.type('answer');
    await jonas('act_on_step', act(step.globex.announce, 'fail', 'no disk'));
    await expect(dialog.getByRole('alert')).toHaveText(/^Jonas marked it failed at \d\d:\d\d$/);
    await expect(reason).toHaveValue('no answer');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    // What was said is not said again.
    await cell(page, 'Step 1 Announce, Acme').click();
    await page.keyboard.press('f');
    const next = page.getByRole('dialog', { name: 'Mark Announce failed for Acme' });
    await expect(next.getByLabel('Reason', { exact: true })).toBeFocused();
    await expect(next.getByRole('alert')).toHaveCount(0);
  });

  test('above one for many cells too, and in run mode', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    const jonas = other(server, 'Jonas');
    await open(`/releases/${june}`);
    await connected(page);
    await cell(page, 'Step 1 Announce, Globex').click();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('f');
    const many = page.getByRole('dialog', { name: 'Mark 2 cells failed' });
    await expect(many.getByLabel('Reason', { exact: true })).toBeFocused();
    await jonas('act_on_step', act(step.initech.announce, 'start'));
    await expect(many.getByRole('alert')).toHaveText(/^Jonas changed 1 of these 2 cells at \d\d:\d\d$/);
    await open(`/releases/${june}/customer/${acme}?step=${step.acme.migrate}`);
    await connected(page);
    await expect(page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true })).toBeVisible();
    await page.keyboard.press('f');
    const one = page.getByRole('dialog', { name: 'Mark Migrate schema failed for Acme' });
    await expect(one.getByLabel('Reason', { exact: true })).toBeFocused();
    await jonas('act_on_step', act(step.acme.migrate, 'start'));
    await expect(one.getByRole('alert')).toHaveText(/^Jonas started it at \d\d:\d\d$/);
    await expect(one.getByLabel('Reason', { exact: true })).toBeFocused();
  });

  test('a refusal because of the state of a cell goes when somebody else changes that state again', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const jonas = other(server, 'Jonas');
    await open(`/releases/${june}`);
    await connected(page);
    const go = await hold(page, 'act_on_step');
    const mine = state(page, step.acme.announce);
    await cell(page, 'Step 1 Announce, Acme').focus();
    await page.keyboard.press('i');
    await expect(mine).toHaveAttribute('aria-busy', 'true');
    await jonas('act_on_step', act(step.acme.announce, 'done'));
    go();
    await expect(mine).toHaveAttribute('data-state', 'done');
    await expect(mine).toHaveAttribute('aria-label', /could not be started: a done step cannot be started/);
    await jonas('act_on_step', act(step.acme.announce, 'reopen'));
    await expect(mine).toHaveAttribute('data-state', 'pending');
    await expect(mine).not.toHaveAttribute('data-error');
    await expect(mine).not.toHaveAttribute('aria-label', /could not be/);
  });

  test('a reason for many cells is sent for those that are left, and only after that was said', async ({ page, open, server }) => {
    const { june, initech } = await activeJune(server);
    await open(`/releases/${june}`);
    await connected(page);
    await cell(page, 'Step 1 Announce, Globex').click();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('f');
    const dialog = page.getByRole('dialog', { name: 'Mark 2 cells failed' });
    await dialog.getByLabel('Reason', { exact: true }).fill('no answer');
    await other(server, 'Jonas')('remove_customers', { id: june, customers: [initech] });
    await expect(state(page, step.initech.announce)).toHaveCount(0);
    await page.keyboard.press('Enter');
    await expect(dialog.getByText('Someone removed 1 of 2 cells.')).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(state(page, step.globex.announce)).toHaveAttribute('data-state', 'failed');
    await expect(page.locator('.matrix td[data-step]:not([data-state=pending])')).toHaveCount(1);
  });

  test.describe('and loses its connection', () => {
    test.use({ faults: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED|ERR_NETWORK_CHANGED/] });

    test('a mark that waited asks before it replaces what somebody else did meanwhile', async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}`);
      await connected(page);
      await cell(page, 'Step 1 Announce, Acme').click();
      const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
      await expect(panel.getByLabel('Notes')).toBeVisible();
      await context.setOffline(true);
      await page.keyboard.press('d');
      const mine = state(page, step.acme.announce);
      await expect(mine).toHaveAttribute('aria-busy', 'true');
      await expect(mine).toHaveCSS('background-image', /repeating-linear-gradient/);
      await expect(said(page, '1 change waits to be sent.')).toBeVisible();
      await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'fail', 'no answer'));
      await context.setOffline(false);
      const asked = panel.getByRole('alert').filter({ hasText: 'Ben Okoro changed this step while your mark waited.' });
      await expect(asked).toBeVisible({ timeout: 30_000 });
      await expect(mine).toHaveAttribute('data-state', 'failed');
      await expect(mine).toHaveAttribute('data-error', '');
      // From then on the page has been told of it.
      await page.locator('html:not([data-writing])').waitFor({ state: 'attached' });
      await asked.getByRole('button', { name: 'Try again' }).click();
      await expect(mine).toHaveAttribute('data-state', 'done');
      await expect(mine).not.toHaveAttribute('data-error');
    });

    test('a mark that waited and is then refused says so at its cell, until Escape is pressed there or it is opened', async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}`);
      await connected(page);
      // Initech has no HOST.
      const mine = state(page, step.initech.upgrade);
      const markOffline = async () => {
        await context.setOffline(true);
        await page.keyboard.press('d');
        await expect(said(page, '1 change waits to be sent.')).toBeVisible();
        await expect(mine).toHaveAttribute('aria-busy', 'true');
        await context.setOffline(false);
        await expect(mine).toHaveAttribute('data-error', '', { timeout: 30_000 });
        await expect(mine).toHaveAttribute('data-state', 'pending');
        await expect(mine).toHaveAttribute('aria-label', /could not be marked done: var\.HOST is not set/);
        await page.locator('html:not([data-writing])').waitFor({ state: 'attached' });
      };
      await mine.focus();
      await markOffline();
      // Others who change the release leave it as it is.
      await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'done'));
      await expect(state(page, step.acme.announce)).toHaveAttribute('data-state', 'done');
      await expect(mine).toHaveAttribute('data-error', '');
      await expect(mine).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(mine).not.toHaveAttribute('data-error');
      await expect(mine).not.toHaveAttribute('aria-label', /could not be/);
      await markOffline();
      await mine.click();
      const panel = page.getByRole('complementary', { name: 'Upgrade, Initech' });
      await expect(panel.getByText('var.HOST not set.')).toBeVisible();
      await expect(mine).not.toHaveAttribute('data-error');
    });

    test('a page that was opened without a connection is there once the connection is back', async ({ page, open, context }) => {
      await open('/releases');
      await connected(page);
      await context.setOffline(true);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activity' }).click();
      await expect(page.getByRole('heading', { level: 1, name: "You're offline" })).toBeVisible();
      await context.setOffline(false);
      await expect(page.getByRole('heading', { level: 1, name: 'Activity' })).toBeVisible({ timeout: 30_000 });
    });

    test('several marks of one cell that waited do not ask about each other', async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}`);
      await connected(page);
      await cell(page, 'Step 1 Announce, Acme').click();
      await context.setOffline(true);
      await page.keyboard.press('i');
      await expect(said(page, '1 change waits to be sent.')).toBeVisible();
      await page.keyboard.press('Shift+ArrowRight');
      // The bulk waits for the mark of one of its cells.
      await page.keyboard.press('d');
      await expect(said(page, '2 changes wait to be sent.')).toBeVisible();
      await context.setOffline(false);
      await expect(said(page, 'Marked 2 cells done')).toBeVisible({ timeout: 30_000 });
      for (const id of [step.acme.announce, step.globex.announce]) await expect(state(page, id)).toHaveAttribute('data-state', 'done');
    });

    test('a bulk action that waits is shown at each of its cells', async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}`);
      await connected(page);
      await cell(page, 'Step 1 Announce, Acme').click();
      await page.keyboard.press('Shift+ArrowRight');
      // With the bar comes what sends the action.
      await expect(page.getByRole('toolbar', { name: 'Actions on the selection' }).getByText('2 cells')).toBeVisible();
      await context.setOffline(true);
      await page.keyboard.press('d');
      await expect(said(page, '1 change waits to be sent.')).toBeVisible();
      for (const id of [step.acme.announce, step.globex.announce]) {
        await expect(state(page, id)).toHaveAttribute('data-waits', '');
        await expect(state(page, id)).toHaveCSS('background-image', /repeating-linear-gradient/);
      }
      await expect(page.locator('[data-waits]')).toHaveCount(2);
      await context.setOffline(false);
      await expect(said(page, 'Marked 2 cells done')).toBeVisible({ timeout: 30_000 });
      await expect(page.locator('[data-waits]')).toHaveCount(0);
    });

    test('an undo that waited is of the mark before it, though the page was left', async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}`);
      await connected(page);
      await cell(page, 'Step 1 Announce, Acme').click();
      await page.keyboard.press('d');
      await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
      await cell(page, 'Step 1 Announce, Globex').click();
      await expect(page.getByRole('complementary', { name: 'Announce, Globex' }).getByLabel('Notes')).toBeVisible();
      await context.setOffline(true);
      await page.keyboard.press('d');
      await expect(said(page, '1 change waits to be sent.')).toBeVisible();
      await page.keyboard.press('Control+z');
      await expect(said(page, '2 changes wait to be sent.')).toBeVisible();
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Releases/ }).click();
      await expect(page.getByRole('grid')).toHaveCount(0);
      await context.setOffline(false);
      await expect(said(page, 'Undid "Mark done" on 1 cell: Announce for Globex')).toBeVisible({ timeout: 30_000 });
      await open(`/releases/${june}`);
      await expect(state(page, step.globex.announce)).toHaveAttribute('data-state', 'pending');
      await expect(state(page, step.acme.announce)).toHaveAttribute('data-state', 'done');
    });
  });
});

test('a second bulk action before the first is answered is told, and its reason stays', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const go = await hold(page, 'act_on_steps');
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('d');
  await cell(page, 'Step 2 Migrate schema, Acme').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('i');
  await expect(said(page, 'Not sent: the last bulk change is still under way.')).toBeVisible();
  await page.keyboard.press('s');
  const dialog = page.getByRole('dialog', { name: 'Skip 2 cells' });
  const reason = dialog.getByLabel('Reason', { exact: true });
  await reason.fill('not needed');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('Not sent: the last bulk change is still under way.')).toBeVisible();
  go();
  await expect(state(page, step.acme.announce)).toHaveAttribute('data-state', 'done');
  await expect(reason).toBeFocused();
  await expect(reason).toHaveValue('not needed');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(state(page, step.acme.migrate)).toHaveAttribute('data-state', 'skipped');
  await expect(state(page, step.globex.migrate)).toHaveAttribute('data-state', 'skipped');
});

test('the question before a step is taken over waits until nothing is typed, and no key answers it unseen', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'start'));
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('i');
  const filter = page.getByLabel('Filter customers');
  await filter.click();
  await page.keyboard.type('ac');
  go();
  await expect(said(page, 'Announce is in progress by Ben Okoro. You\'ll be asked next.')).toBeVisible();
  await page.keyboard.type('m');
  await expect(filter).toHaveValue('acm');
  const dialog = page.getByRole('dialog', { name: /^In progress by Ben Okoro since/ });
  await expect(dialog).toHaveCount(0);
  await filter.blur();
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await page.keyboard.press('d');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Take over' }).click();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Ana Ferreira/)).toBeVisible();
});
