// One customer's work in a release: the list, the run mode by keyboard, its own order, print view and Markdown file.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { test, expect, live } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, HOSTILE, other, step } from '../fixtures/other';
import { activeJune, many } from '../fixtures/world';

const rows = (page: Page) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^\d+ / });
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name, exact: true });

test('copy, done, next: through all steps without leaving the keyboard', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme } = await activeJune(server);
  // It begins at the next open step, and the address names it.
  await open(`/releases/${june}/customer/${acme}`);
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
  await expect(page.getByText('All done here')).toBeVisible();
  await expect(page.getByText('4 of 4', { exact: true })).toBeVisible();
  await page.keyboard.press('r');
  await page.getByLabel('Reason').fill('rolled back');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('rolled back').first()).toBeVisible();
  await page.keyboard.press('p');
  await expect(rows(page).nth(3)).toContainText('pending');
  await page.keyboard.press('Escape');
  await expect(heading(page, 'Next up')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`customer/${acme}\\?view=list$`));
  await expect(page.getByRole('link', { name: 'Continue: 4 Check' })).toBeVisible();
});

test('until a dialog is loaded no letter is a key', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  let go = () => {};
  const held = new Promise<void>(done => (go = done));
  await page.route('**/pkg/split_lazy_part*', async route => { await held; await route.continue(); });
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  let n_sent = 0;
  page.on('request', it => { if (it.url().includes('/rpc/act_on_step')) n_sent += 1; });
  await page.getByRole('button', { name: 'Add custom step…' }).click();
  await expect(page.locator('[data-dialog-comes]')).toBeAttached();
  await page.keyboard.press('d');
  go();
  const dialog = page.getByRole('dialog', { name: 'Add custom step for Acme' });
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await expect(page.locator('[data-dialog-comes]')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('i');
  await expect(page.getByText(/Ana Ferreira since \d\d:\d\d/).first()).toBeVisible();
  expect(n_sent).toBe(1);
});

test('from a mark until the next step is shown no letter is a key', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  let n_sent = 0;
  page.on('request', it => { if (it.url().includes('/rpc/act_on_step')) n_sent += 1; });
  const mark = await hold(page, 'act_on_step');
  const read = await hold(page, 'read_step');
  await page.keyboard.press('d');
  await page.keyboard.type('dis');
  mark();
  await expect(page).toHaveURL(new RegExp(`step=${step.acme.migrate}$`));
  await page.keyboard.type('dicxsf');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  read();
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await expect(rows(page).nth(1)).toContainText('pending');
  expect(n_sent).toBe(1);
  await page.keyboard.press('i');
  await expect(rows(page).nth(1)).toContainText('in progress by Ana Ferreira');
});

test('while the next step is on its way Escape leads to the list', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const read = await hold(page, 'read_step');
  await page.keyboard.press('d');
  await expect(page).toHaveURL(new RegExp(`step=${step.acme.migrate}$`));
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/view=list$/);
  read();
  await expect(heading(page, 'Next up')).toBeVisible();
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

test('run mode stays at a step whose notes could not be saved with the mark', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.getByLabel('Notes').fill('mine');
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'theirs', version: 1 });
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await page.getByRole('button', { name: 'Mark done' }).click();
  await expect(rows(page).first()).toContainText('Ana Ferreira');
  await expect(heading(page, 'Announce')).toBeVisible();
  await expect(page.getByLabel('Notes')).toHaveValue('mine');
});

test('behind the last customer the first with open steps is offered', async ({ page, open, server }) => {
  const { june, initech, globex } = await activeJune(server);
  for (const id of [step.acme.announce, step.acme.migrate, step.acme.upgrade, step.acme.check]) await server.call('act_on_step', act(id, 'done'));
  for (const id of [step.initech.announce, step.initech.migrate, step.initech.upgrade, step.initech.check]) await server.call('act_on_step', { ...act(id, 'skip'), reason: 'not here' });
  await open(`/releases/${june}/customer/${initech}`);
  await page.getByRole('link', { name: 'Next customer', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`customer/${globex}\\?step=${step.globex.announce}$`));
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
  // A button shows no key that does not press it.
  await expect(page.getByRole('button', { name: 'Mark done', exact: true })).not.toHaveAttribute('aria-keyshortcuts');
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
  await page.getByRole('button', { name: 'Retry 1 Announce' }).click();
  await expect(heading(page, 'Announce')).toBeVisible();
  await page.keyboard.press('i');
  await expect(rows(page).nth(0)).toContainText('in progress');
  await page.keyboard.press('d');
  await expect(page.getByText('All done here')).toBeVisible();
});

test('d while a failure is being saved does not mark the step done', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('f');
  await page.getByLabel('Reason').fill('no answer');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'This step failed.' })).toBeVisible();
  go();
  await expect(rows(page).nth(0)).toContainText('failed');
});

test('a second press while the first one is being saved is not lost', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  const go = await hold(page, 'move_step');
  const handle = page.getByRole('button', { name: 'Move Announce' });
  await handle.press('Alt+ArrowDown');
  await handle.press('Alt+ArrowDown');
  go();
  await expect(rows(page)).toHaveText([/Migrate schema/, /Upgrade/, /Announce/, /Check/]);
});

test('the main button copies and starts, and copies only once that is chosen', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme } = await activeJune(server);
  const sent: string[] = [];
  page.on('request', it => {
    if (it.url().includes('/rpc/act_on_step')) sent.push(it.url());
  });
  await open(`/releases/${june}/customer/${acme}`);
  const announce = page.getByRole('region', { name: 'Announce, Acme' });
  await announce.getByRole('button', { name: 'Copy and start', exact: true }).click();
  await expect(announce.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('Tell Acme.');
  await expect(page.getByRole('status').filter({ hasText: 'Started Announce for Acme' })).toBeVisible();
  await expect(rows(page).nth(0)).toContainText('in progress by Ana Ferreira');
  await expect(announce.getByRole('button', { name: 'Mark done' })).toHaveAttribute('data-kind', 'ink');
  await page.keyboard.press('n');
  const migrate = page.getByRole('region', { name: 'Migrate schema, Acme' });
  await migrate.getByRole('button', { name: 'Copy options' }).click();
  await page.getByRole('menuitem', { name: 'Copy only' }).click();
  await expect(migrate.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await page.reload();
  await live(page);
  await migrate.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(migrate.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await expect(rows(page).nth(1)).toContainText('pending');
  expect(sent).toHaveLength(1);
});

test('a mark that is faster than the copy is not followed by a start', async ({ page, open, server }) => {
  await page.addInitScript(() => {
    const waiting: (() => void)[] = [];
    Object.assign(window, { copies: () => waiting.forEach(it => it()) });
    navigator.clipboard.writeText = () => new Promise(done => waiting.push(done));
  });
  const { june, acme } = await activeJune(server);
  const sent: string[] = [];
  page.on('request', it => {
    if (it.url().includes('/rpc/act_on_step')) sent.push(it.url());
  });
  await open(`/releases/${june}/customer/${acme}`);
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('c');
  await page.keyboard.press('d');
  await page.evaluate(() => (window as unknown as { copies: () => void }).copies());
  await expect(page.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  go();
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  expect(sent).toHaveLength(1);
});

test('a failed step is copied without starting it', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme } = await activeJune(server);
  await server.call('act_on_step', act(step.acme.announce, 'fail', 'no answer'));
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('c');
  await expect(page.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await expect(rows(page).nth(0)).toContainText('failed');
  await page.getByRole('button', { name: 'Copy options' }).click();
  await page.getByRole('menuitem', { name: 'Copy and start' }).click();
  await expect(rows(page).nth(0)).toContainText('in progress by Ana Ferreira');
});

test('a copy asks first if somebody else has the step in progress', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const question = page.getByRole('dialog', { name: /^In progress by Jonas since \d\d:\d\d\. Copy anyway\?$/ });
  await page.keyboard.press('c');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toHaveCount(0);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await question.getByRole('button', { name: 'Copy anyway' }).click();
  await expect(page.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await expect(rows(page).nth(0)).toContainText('in progress by Jonas');
  await page.keyboard.press('c');
  await question.getByRole('button', { name: 'Take over and copy' }).click();
  await expect(rows(page).nth(0)).toContainText('in progress by Ana Ferreira');
});

test('the last note stands as a quote, with who wrote it and when', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'Watch the probe', version: 1 });
  await open(`/releases/${june}/customer/${acme}`);
  await expect(page.getByRole('blockquote')).toHaveText(/^Jonas, \d\d:\d\d: Watch the probe$/);
  await expect(page.getByLabel('Notes')).toHaveValue('Watch the probe');
});

test('after the last step the next customer is offered, and opens at its own next step', async ({ page, open, server }) => {
  const { june, acme, globex } = await activeJune(server);
  for (const id of [step.acme.announce, step.acme.migrate, step.acme.upgrade]) await server.call('act_on_step', act(id, 'done'));
  await server.call('act_on_step', act(step.globex.announce, 'done'));
  await open(`/releases/${june}/customer/${acme}`);
  await expect(heading(page, 'Check')).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByText('All done here')).toBeVisible();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await expect(heading(page, 'All done here')).toBeVisible();
  await page.getByRole('link', { name: 'Next customer', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Globex' })).toBeVisible();
  await expect(heading(page, 'Migrate schema')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`customer/${globex}\\?step=${step.globex.migrate}$`));
  // The page that one came from is still behind it.
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
});

test('the list shows the step that one is at, also of a hundred', async ({ page, open, server }) => {
  const { release, customers } = await many(server, 100, 1);
  await open(`/releases/${release}/customer/${customers[0]}?step=96`);
  await expect(rows(page).nth(95)).toBeInViewport();
  await page.keyboard.press('Escape');
  await expect(heading(page, 'Next up')).toBeVisible();
  await expect(rows(page).nth(95)).toBeInViewport();
  await rows(page).nth(95).click();
  await expect(heading(page, 's95')).toBeVisible();
  await expect(rows(page).nth(95)).toBeInViewport();
});

test('the question mark lists the keys', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByText('Mark done, and open the next step')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keys).toHaveCount(0);
  await page.getByRole('button', { name: 'Press ? for shortcuts' }).click();
  await keys.getByRole('checkbox', { name: 'Enable single-key shortcuts' }).uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  await page.getByRole('button', { name: 'Mark done' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Marked Announce done for Acme' })).toBeVisible();
  await expect(rows(page).nth(1)).toContainText('pending');
});

test.describe('beside others', () => {
  test.use({ hears: true });
  test('the step that is open stays when somebody else marks it', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    await open(`/releases/${june}/customer/${acme}`);
    await expect(page).toHaveURL(/step=1$/);
    await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'done'));
    await expect(rows(page).nth(0)).toContainText('done by Jonas');
    await expect(page.getByRole('button', { name: 'Next', exact: true })).toHaveAttribute('data-kind', 'ink');
    await expect(heading(page, 'Announce')).toBeVisible();
    await expect(page).toHaveURL(/step=1$/);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 780 } });
  test('names are whole, nothing is wider than the screen, and the list is one press away', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    const name = 'W'.repeat(90);
    await server.call('add_custom_step', { release: june, customer: acme, draft: { name, category: 'deploy', type: 'text', content: 'Look.', description: '' }, place: { Before: step.acme.announce }, add_to_template: false });
    await open(`/releases/${june}/customer/${acme}`);
    await expect(heading(page, name)).toBeVisible();
    await expect(page.locator('.page__title').getByText('June')).toBeVisible();
    const fits = (selector: string) => page.locator(selector).first().evaluate(it => it.scrollWidth <= it.clientWidth);
    expect(await fits('.run__step')).toBe(true);
    await page.getByRole('link', { name: 'Back to steps' }).click();
    await expect(page.getByRole('link', { name: `Continue: 1 ${name}` })).toBeInViewport();
    expect(await fits('.run__step')).toBe(true);
    expect(await fits('.run__list')).toBe(true);
    expect(await fits('.run__name')).toBe(true);
  });
});
