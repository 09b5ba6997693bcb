// One customer's work in a release: the list, the run mode by keyboard, its own order, print view and Markdown file.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { test, expect, live } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, HOSTILE, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const rows = (page: Page) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^\d+ / });
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name, exact: true });

test('copy, done, next: through all steps without leaving the keyboard', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  await expect(heading(page, 'Next up')).toBeVisible();
  await page.keyboard.press('n');
  await expect(heading(page, 'Announce')).toBeVisible();
  await expect(page).toHaveURL(/step=1$/);
  await expect(page.getByText('Deploy, step 1 of 4')).toBeVisible();
  await page.keyboard.press('c');
  await expect(page.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('Tell Acme.');
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked Announce done for Acme' })).toBeVisible();
  // The next one opens by itself.
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await expect(page).toHaveURL(/step=2$/);
  await page.keyboard.press('i');
  await expect(page.getByText(/Ana Ferreira since \d\d:\d\d/).first()).toBeVisible();
  await page.keyboard.press('f');
  const reason = page.getByRole('dialog', { name: 'Mark Migrate schema failed for Acme' });
  await expect(reason.getByLabel('Reason')).toBeFocused();
  await page.keyboard.type('timeout, n d s');
  await page.keyboard.press('Control+Enter');
  await expect(reason).toHaveCount(0);
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await expect(page.getByText('timeout, n d s').first()).toBeVisible();
  // A failed step stays open: the next open one is behind it, and the way back leads to it.
  await page.keyboard.press('n');
  await expect(heading(page, 'Upgrade')).toBeVisible();
  await page.keyboard.press('Shift+N');
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await page.keyboard.press('s');
  await expect(page.getByLabel('Reason')).toBeFocused();
  await page.keyboard.type('not needed');
  await page.keyboard.press('Control+Enter');
  await expect(heading(page, 'Upgrade')).toBeVisible();
  await page.keyboard.press('d');
  await expect(heading(page, 'Check')).toBeVisible();
  await expect(page.getByText('Verify, step 4 of 4')).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByText('All steps are finished.')).toBeVisible();
  await expect(page.getByText('4 of 4', { exact: true })).toBeVisible();
  await page.keyboard.press('r');
  await page.getByLabel('Reason').fill('rolled back');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('rolled back').first()).toBeVisible();
  await page.keyboard.press('p');
  await expect(rows(page).nth(3)).toContainText('pending');
  await page.keyboard.press('Escape');
  await expect(heading(page, 'Next up')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`customer/${acme}$`));
});

test('letters that are typed are letters, and the place is there again after a reload', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  await page.getByLabel('Notes').fill('');
  await page.keyboard.type('did n');
  await expect(page.getByLabel('Notes')).toHaveValue('did n');
  await page.getByRole('button', { name: 'Save notes' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Notes saved' })).toBeVisible();
  await expect(heading(page, 'Upgrade')).toBeVisible();
  await page.reload();
  await live(page);
  await expect(heading(page, 'Upgrade')).toBeVisible();
  await expect(rows(page).nth(2)).toHaveAttribute('aria-current', 'step');
  await rows(page).nth(0).click();
  await expect(heading(page, 'Announce')).toBeVisible();
  await page.reload();
  await live(page);
  await page.keyboard.press('Escape');
  await expect(heading(page, 'Next up')).toBeVisible();
});

test('undone from the toast, the place and what is typed stay', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('d');
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await page.getByLabel('Notes').fill('half typed');
  await page.getByRole('status').getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(rows(page).nth(0)).toContainText('pending');
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await expect(page.getByLabel('Notes')).toHaveValue('half typed');
});

test('who is on it since when stands in the list, and who was faster is named', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await jonas('act_on_step', act(step.acme.migrate, 'start'));
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await expect(rows(page).nth(1)).toContainText(/Jonas since \d\d:\d\d/);
  await jonas('act_on_step', act(step.acme.announce, 'done'));
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: /Already done by Jonas at \d\d:\d\d: Announce for Acme/ })).toBeVisible();
  await expect(rows(page).nth(0)).toContainText(/done by Jonas/);
  await expect(heading(page, 'Announce')).toBeVisible();
});

test('what Copy copies is said behind the buttons, not between them', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await expect(page.locator('.run__do > :last-child')).toHaveText(/^Copies: /);
});

test('this customer\'s steps have an order of their own', async ({ page, open, server }) => {
  const { june, acme, globex } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  await page.getByRole('button', { name: 'Move Announce' }).press('Alt+ArrowDown');
  await expect(rows(page)).toHaveText([/Migrate schema/, /Announce/, /Upgrade/, /Check/]);
  await expect(page.getByRole('status').filter({ hasText: 'Moved Announce' })).toBeVisible();
  await page.getByRole('button', { name: 'Move Upgrade' }).click();
  await page.getByRole('menuitem', { name: 'Move to top' }).click();
  await expect(rows(page)).toHaveText([/Upgrade/, /Migrate schema/, /Announce/, /Check/]);
  await page.reload();
  await live(page);
  await expect(rows(page)).toHaveText([/Upgrade/, /Migrate schema/, /Announce/, /Check/]);
  await open(`/releases/${june}/customer/${globex}`);
  await expect(rows(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Check/]);
  await page.getByRole('link', { name: 'Previous customer, Acme' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
});

test('the runbook is a file with every text and a box for each step', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download Markdown' }).click();
  const file = await waiting;
  expect(file.suggestedFilename()).toBe('june-acme.md');
  const text = readFileSync(await file.path(), 'utf8');
  expect(text).toContain('# June: Acme');
  expect(text).toContain('### 3. Upgrade\n\n- [ ] pending\n\n```bash\nset -e\ncurl https://acme.example/healthz\n```');
});

test.describe('on paper', () => {
  test.use({ javaScriptEnabled: false });
  test('the page is complete as the server draws it', async ({ page, server }) => {
    const world = await activeJune(server);
    await server.call('act_on_step', act(step.acme.announce, 'done'));
    await server.call('update_customer', { id: world.acme, draft: { name: HOSTILE, clusterId: world.eu, namespace: 'acme', metadata: { HOST: HOSTILE } }, version: 1 });
    await page.goto(`${server.url}/releases/${world.june}/customer/${world.acme}?view=print`);
    await expect(page.getByRole('heading', { level: 1, name: HOSTILE })).toBeVisible();
    await expect(page.getByRole('listitem').filter({ hasText: '3. Upgrade' })).toContainText(`curl https://${HOSTILE}/healthz`);
    await expect(page.getByRole('img', { name: 'Finished' })).toHaveCount(1);
    await expect(page.getByRole('img', { name: 'To do' })).toHaveCount(3);
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
    await expect(page.getByRole('listitem').filter({ hasText: '4. Check' })).toBeVisible();
  });
});

test('two actions in quick succession are both sent, one after the other', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('i');
  await page.keyboard.press('d');
  go();
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await rows(page).nth(0).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'started' })).toHaveCount(1);
  await expect(page.getByRole('listitem').filter({ hasText: /marked .*done/ })).toHaveCount(1);
});

test('a reason that is being written stays when the answer of the action before comes', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('i');
  await page.keyboard.press('f');
  const reason = page.getByRole('dialog').getByLabel('Reason');
  await expect(reason).toBeFocused();
  await page.keyboard.type('time');
  go();
  await expect(page.getByText(/Ana Ferreira since \d\d:\d\d/).first()).toBeVisible();
  await expect(reason).toBeFocused();
  await page.keyboard.type('out');
  await expect(reason).toHaveValue('timeout');
});

test('a note is kept by whatever is done next', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.getByLabel('Notes').fill('slow today');
  await rows(page).nth(1).click();
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await page.getByLabel('Notes').fill('locks');
  await page.getByRole('button', { name: 'Mark done' }).click();
  await expect(heading(page, 'Upgrade')).toBeVisible();
  await page.getByLabel('Notes').fill('on the way out');
  const saved = page.waitForResponse(it => it.url().endsWith('/rpc/note_step'));
  await page.getByRole('link', { name: 'Matrix' }).click();
  await saved;
  for (const [id, notes] of [[step.acme.announce, 'slow today'], [step.acme.migrate, 'locks'], [step.acme.upgrade, 'on the way out']] as const) {
    await open(`/releases/${june}/customer/${acme}?step=${id}`);
    await expect(page.getByLabel('Notes')).toHaveValue(notes);
  }
});

test('d never marks a failed step done by accident', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('f');
  await page.getByLabel('Reason').fill('no answer');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toHaveAttribute('data-kind', 'ink');
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'This step failed.' })).toBeVisible();
  await expect(rows(page).nth(0)).toContainText('failed');
  await page.keyboard.press('n');
  for (const name of ['Migrate schema', 'Upgrade', 'Check']) {
    await expect(heading(page, name)).toBeVisible();
    await page.keyboard.press('d');
  }
  await expect(heading(page, '3 of 4 done, 1 failed')).toBeVisible();
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await expect(rows(page).nth(0)).toContainText('failed');
  await expect(page.getByRole('link', { name: 'Next customer', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(heading(page, 'Announce')).toBeVisible();
  await page.keyboard.press('i');
  await expect(rows(page).nth(0)).toContainText('in progress');
  await page.keyboard.press('d');
  await expect(page.getByText('All steps are finished.')).toBeVisible();
});

test('a second press while the first one is being saved is not lost', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  const go = await hold(page, 'reorder_steps');
  const handle = page.getByRole('button', { name: 'Move Announce' });
  await handle.press('Alt+ArrowDown');
  await handle.press('Alt+ArrowDown');
  go();
  await expect(rows(page)).toHaveText([/Migrate schema/, /Upgrade/, /Announce/, /Check/]);
});
