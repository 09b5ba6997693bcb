// Proof is of the text that was shown: a text that changed meanwhile is asked about, in panel, grid and run mode.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const question = (page: Page) => page.getByRole('dialog', { name: 'The text changed since you saw it' });
const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const rows = (page: Page) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^\d+ / });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const draft = (eu: number, host: string) => ({ name: 'Acme', clusterId: eu, namespace: 'acme', metadata: { HOST: host } });

test('a value that changed elsewhere stops the mark, and the history proves what was on the page', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page).getByText(/HOST changed .*\d\d:\d\d by Jonas: acme.example -> new.example/)).toBeVisible();
  const both = question(page).getByRole('region', { name: 'As you saw it and Now' });
  await expect(both).toContainText('curl https://acme.example/healthz');
  await expect(both).toContainText('curl https://new.example/healthz');
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toHaveCount(0);
  await here.getByText('Text as shown, SHA-256').click();
  await expect(here.getByRole('region', { name: 'Text as shown' })).toContainText('new.example');
});

test('what was copied counts as shown, and another text on screen is asked about before anything is sent', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: /^Copy/ }).first().click();
  await expect(here.getByRole('button', { name: /^Copied/ })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByLabel('Notes').fill('read again');
  await here.getByLabel('Notes').press('Control+Enter');
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
  await expect(here.getByText(/HOST changed .* by Jonas: acme.example -> new.example/)).toBeVisible();
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toContainText('curl https://new.example/healthz');
  expect(sent).toEqual([]);
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(here.getByText('Text as shown, SHA-256')).toBeVisible();
  expect(sent).toHaveLength(1);
});

test('run mode asks too, and Cancel shows the text as it is now', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  const here = page.getByRole('region', { name: 'Upgrade, Acme' });
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.press('d');
  await expect(question(page)).toContainText('new.example');
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
});

test('of a done step that somebody reopens, what is proved is the text on screen', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await server.call('act_on_step', act(step.acme.upgrade, 'done'));
  await jonas('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const text = panel(page, 'Upgrade, Acme').getByRole('region', { name: 'Resolved text' });
  await expect(text).toContainText('curl https://acme.example/healthz');
  await jonas('act_on_step', act(step.acme.upgrade, 'reopen'));
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  const both = question(page).getByRole('region', { name: 'As you saw it and Now' });
  await expect(both).toContainText('curl https://acme.example/healthz');
  await expect(both).toContainText('curl https://new.example/healthz');
});

test('on a done step Copy copies the text on screen, and the text of today has its own button', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme, eu } = await activeJune(server);
  await server.call('act_on_step', act(step.acme.upgrade, 'done'));
  await server.call('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.getByText('Text at that time', { exact: true })).toBeVisible();
  await expect(here.getByText('Copies: Text at that time, with header')).toBeVisible();
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  const header = ": 'Acme | eu-west | acme | June, step 3 Upgrade'";
  await expect.poll(() => clipboard(page)).toBe(`${header}\nset -e\ncurl https://acme.example/healthz`);
  await here.getByRole('button', { name: "Copy today's text" }).click();
  await expect.poll(() => clipboard(page)).toBe(`${header}\nset -e\ncurl https://new.example/healthz`);
  await cell(page, 'Step 3 Upgrade, Acme').press('c');
  await expect.poll(() => clipboard(page)).toContain('acme.example');
  // Neither today's template nor today's values stand beside the text of that time.
  await expect(here.getByRole('button', { name: 'Raw' })).toHaveCount(0);
  await expect(here.locator('.origins')).toHaveCount(0);
});

test('a text that is shown with the names of its variables is not proved', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Raw' }).click();
  await expect(here.getByRole('region', { name: 'Raw text' })).toContainText('{{var.HOST}}');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(here.getByText('Text at that time, SHA-256')).toBeVisible();
});

test('what is selected for Ctrl+C counts as copied', async ({ page, open, server }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
    document.execCommand = () => false;
  });
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: "Couldn't copy. Text selected, press Ctrl+C" })).toBeVisible();
  expect(await page.evaluate(() => getSelection()!.toString())).toContain('acme.example');
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByLabel('Notes').fill('read again');
  await here.getByLabel('Notes').press('Control+Enter');
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toContainText('curl https://new.example/healthz');
  expect(sent).toEqual([]);
});

test('a question about another customer brings its cell along, so that the keys act on what the panel shows', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await page.keyboard.press('ArrowRight');
  await expect(panel(page, 'Upgrade, Globex')).toBeVisible();
  go();
  const asked = page.getByRole('dialog', { name: 'Upgrade for Acme: the text changed since you saw it' });
  await expect(asked.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(asked).toHaveCount(0);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'new.example' })).toBeVisible();
  await expect(cell(page, 'Step 3 Upgrade, Acme')).toBeFocused();
  await page.keyboard.press('i');
  await expect(cell(page, /Step 3 Upgrade, Acme, eu-west: in progress/)).toBeVisible();
  await expect(cell(page, 'Step 3 Upgrade, Globex, eu-west: pending')).toBeVisible();
});

test('of two marks that are refused, each is asked about in its turn', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.migrate}`);
  await expect(panel(page, 'Migrate schema, Acme').getByRole('region', { name: 'Resolved text' })).toContainText("'acme'");
  await cell(page, 'Step 2 Migrate schema, Acme').press('ArrowDown');
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary')).toHaveCount(0);
  const changed = { ...draft(eu, 'new.example'), namespace: 'acme-2' };
  await other(server, 'Jonas')('update_customer', { id: acme, draft: changed, version: 1 });
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('d');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('d');
  const asked = (name: string) => page.getByRole('dialog', { name: `${name} for Acme: the text changed since you saw it` });
  await expect(asked('Upgrade')).toBeVisible();
  const answer = page.waitForResponse(/rpc\/act_on_step/);
  go();
  await answer;
  await asked('Upgrade').getByRole('button', { name: 'Mark done' }).click();
  await expect(asked('Migrate schema')).toContainText('acme-2');
  await asked('Migrate schema').getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, /Step 2 Migrate schema, Acme, eu-west: done by Ana/)).toBeVisible();
  await expect(cell(page, /Step 3 Upgrade, Acme, eu-west: done by Ana/)).toBeVisible();
});

test('a question waits while a reason is being written for another step', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('f');
  const reason = page.getByRole('dialog', { name: 'Mark Migrate schema failed for Acme' }).getByLabel('Reason');
  await reason.fill('it broke because');
  go();
  await expect(said(page, 'Upgrade for Acme was not marked done: its text changed.')).toBeVisible();
  await expect(reason).toHaveValue('it broke because');
  await expect(reason).toBeFocused();
  await expect(question(page)).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Upgrade for Acme: the text changed since you saw it' })).toContainText('new.example');
  await expect(cell(page, /Step 2 Migrate schema, Acme, eu-west: failed by Ana/)).toBeVisible();
});

test('a mark that changed nothing does not forget what was copied', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: /^Copied/ })).toBeVisible();
  await jonas('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await jonas('act_on_step', act(step.acme.upgrade, 'done'));
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(said(page, 'Already done by Jonas')).toBeVisible();
  await expect(here.getByText('Text at that time', { exact: true })).toBeVisible();
  await jonas('act_on_step', act(step.acme.upgrade, 'reopen'));
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await expect(question(page)).toContainText('new.example');
  expect(sent).toEqual([]);
});

test('a refused mark is told when its page was left, with a link to its step', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('heading', { name: 'Customers', level: 1 })).toBeVisible();
  go();
  await expect(said(page, 'Upgrade for Acme could not be marked done: the text changed since it was shown.')).toBeVisible();
  await page.getByRole('link', { name: 'View step' }).click();
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'new.example' })).toBeVisible();
});

test('run mode comes back to a step whose mark was refused after it was left', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  await expect(page.getByRole('region', { name: 'Upgrade, Acme' }).locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const go = await hold(page, 'act_on_step');
  await page.keyboard.press('d');
  await page.keyboard.press('n');
  await expect(page.getByRole('region', { name: 'Check, Acme' })).toBeVisible();
  go();
  const asked = page.getByRole('dialog', { name: 'Upgrade for Acme: the text changed since you saw it' });
  await expect(asked).toContainText('new.example');
  await asked.getByRole('button', { name: 'Mark done' }).click();
  await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
});

test('a question takes no keys from the notes that are being typed, and says that it waits', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const go = await hold(page, 'act_on_step');
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await page.keyboard.press('ArrowUp');
  const notes = panel(page, 'Migrate schema, Acme').getByLabel('Notes');
  await notes.click();
  await page.keyboard.type('pod restarted');
  go();
  await expect(said(page, 'Upgrade for Acme was not marked done: its text changed.')).toBeVisible();
  await page.keyboard.type(' all done');
  await expect(notes).toHaveValue('pod restarted all done');
  await expect(question(page)).toHaveCount(0);
  const saved = page.waitForResponse(/rpc\/note_step/);
  await notes.blur();
  await saved;
  await expect(question(page)).toContainText('new.example');
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await open(`/releases/${june}?step=${step.acme.migrate}`);
  await expect(panel(page, 'Migrate schema, Acme').getByLabel('Notes')).toHaveValue('pod restarted all done');
});

test('in run mode a question waits for the notes too, and the step has the keyboard after Cancel', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const go = await hold(page, 'act_on_step');
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  const upgrade = page.getByRole('region', { name: 'Upgrade, Acme' });
  await expect(upgrade.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await page.keyboard.press('d');
  await page.keyboard.press('n');
  const check = page.getByRole('region', { name: 'Check, Acme' });
  await check.getByLabel('Notes').click();
  await page.keyboard.type('pod restarted');
  go();
  await expect(said(page, 'Upgrade for Acme was not marked done: its text changed.')).toBeVisible();
  await page.keyboard.type(' all done');
  await expect(check.getByLabel('Notes')).toHaveValue('pod restarted all done');
  await expect(question(page)).toHaveCount(0);
  await check.getByLabel('Notes').blur();
  await expect(question(page)).toContainText('new.example');
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(upgrade.locator('var', { hasText: 'new.example' })).toBeVisible();
  await expect(upgrade).toBeFocused();
  await expect(rows(page).nth(3)).toContainText('pending');
});

test('run mode stays at a step while its notes are being typed, also once it is done', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const go = await hold(page, 'act_on_step');
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('d');
  const here = page.getByRole('region', { name: 'Announce, Acme' });
  await here.getByLabel('Notes').click();
  await page.keyboard.type('told by ');
  go();
  await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
  await page.keyboard.type('mail, done');
  await expect(here.getByLabel('Notes')).toHaveValue('told by mail, done');
  await expect(rows(page).nth(1)).toContainText('pending');
});

test('run mode tells of a mark that is refused when the next customer is open, and goes on', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const go = await hold(page, 'act_on_step');
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  await expect(page.getByRole('region', { name: 'Upgrade, Acme' }).locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await page.keyboard.press('d');
  await page.getByRole('link', { name: 'Next customer, Globex' }).click();
  await expect(page.getByRole('heading', { name: 'Globex', level: 1 })).toBeVisible();
  go();
  await expect(said(page, 'Upgrade for Acme could not be marked done: the text changed since it was shown.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Announce, Globex' })).toBeVisible();
  await page.keyboard.press('n');
  await expect(page.getByRole('region', { name: 'Migrate schema, Globex' })).toBeVisible();
  await page.getByRole('link', { name: 'Matrix' }).click();
  await expect(cell(page, 'Step 3 Upgrade, Acme, eu-west: pending')).toBeVisible();
  await page.getByRole('link', { name: 'View step' }).click();
  await expect(page.getByRole('region', { name: 'Upgrade, Acme' }).locator('var', { hasText: 'new.example' })).toBeVisible();
});

test('of two marks that are refused after their page was left, each is told', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const go = await hold(page, 'act_on_step', 2);
  await open(`/releases/${june}?step=${step.acme.migrate}`);
  await expect(panel(page, 'Migrate schema, Acme').getByRole('region', { name: 'Resolved text' })).toContainText("'acme'");
  await cell(page, 'Step 2 Migrate schema, Acme').press('ArrowDown');
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  const changed = { ...draft(eu, 'new.example'), namespace: 'acme-2' };
  await other(server, 'Jonas')('update_customer', { id: acme, draft: changed, version: 1 });
  await page.keyboard.press('d');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('d');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('heading', { name: 'Customers', level: 1 })).toBeVisible();
  go();
  for (const name of ['Upgrade', 'Migrate schema'])
    await expect(said(page, `${name} for Acme could not be marked done: the text changed since it was shown.`)).toBeVisible();
  await expect(page.getByRole('link', { name: 'View step' })).toHaveCount(2);
});

test('of a start and a mark of one step that are both refused, each is asked about', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const go = await hold(page, 'act_on_step', 2);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme').locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await cell(page, 'Step 3 Upgrade, Acme').press('i');
  await page.keyboard.press('d');
  go();
  const start = question(page).getByRole('button', { name: 'Start', exact: true });
  await expect(start).toBeEnabled();
  // The second question reads the step as it is once it is started: an answer is taken for the state that was shown only.
  const started = page.waitForResponse(it => /rpc\/act_on_step$/.test(it.url()) && it.ok());
  let reads = 0;
  await page.route('**/rpc/read_changed_text', async route => {
    if (++reads === 2) await started;
    await route.continue();
  });
  await start.click();
  await expect(said(page, 'Started Upgrade for Acme')).toBeVisible();
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, /Step 3 Upgrade, Acme, eu-west: done by Ana/)).toBeVisible();
});

test('what is selected by hand and copied counts as copied', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  const text = here.getByRole('region', { name: 'Resolved text' });
  await text.click();
  await text.evaluate(it => getSelection()!.selectAllChildren(it));
  await page.keyboard.press('Control+c');
  await expect.poll(() => clipboard(page)).toContain('curl https://acme.example/healthz');
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByLabel('Notes').fill('read again');
  await here.getByLabel('Notes').press('Control+Enter');
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page).getByRole('region', { name: 'As you saw it and Now' })).toContainText('curl https://acme.example/healthz');
  expect(sent).toEqual([]);
});

test('a mark after a copy of the text of today is not asked about', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june, acme, eu } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await server.call('act_on_step', act(step.acme.upgrade, 'done'));
  await server.call('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: "Copy today's text" }).click();
  await expect(here.getByRole('button', { name: "Copied today's text" })).toBeVisible();
  await jonas('act_on_step', act(step.acme.upgrade, 'reopen'));
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
  await expect(question(page)).toHaveCount(0);
  await here.getByText('Text as shown, SHA-256').first().click();
  await expect(here.getByRole('region', { name: 'Text as shown' })).toContainText('new.example');
});

const actions = (page: Page) => {
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  return sent;
};

test('a reason is typed whole while the step is still being read', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  const sent = actions(page);
  const go = await hold(page, 'read_step');
  await cell(page, 'Step 1 Announce, Acme').press('ArrowRight');
  await page.keyboard.press('f');
  await page.keyboard.type('disk full');
  const reason = page.getByRole('dialog', { name: 'Mark Announce failed for Globex' }).getByLabel('Reason');
  await expect(reason).toHaveValue('disk full');
  go();
  await expect(panel(page, 'Announce, Globex')).toBeVisible();
  await expect(reason).toBeFocused();
  await expect(reason).toHaveValue('disk full');
  expect(sent).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: failed by Ana/)).toBeVisible();
});

test('in run mode a reason is typed whole while the step is still being read', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await expect(page.getByRole('region', { name: 'Announce, Acme' })).toBeVisible();
  const sent = actions(page);
  const go = await hold(page, 'read_step');
  await page.keyboard.press('n');
  await page.keyboard.press('f');
  await page.keyboard.type('disk full');
  const reason = page.getByRole('dialog', { name: 'Mark Migrate schema failed for Acme' }).getByLabel('Reason');
  await expect(reason).toHaveValue('disk full');
  expect(sent).toEqual([]);
  // What was typed is kept, also by a dialog that is closed before the step is there.
  await page.keyboard.press('Escape');
  go();
  await expect(page.getByRole('region', { name: 'Migrate schema, Acme' })).toBeVisible();
  await page.keyboard.press('f');
  await expect(reason).toHaveValue('disk full');
  await page.keyboard.press('Enter');
  await expect(rows(page).nth(1)).toContainText('failed');
});

// What the page writes to the clipboard.
const copies = async (page: Page) => {
  await page.addInitScript(() => {
    const copied: string[] = [];
    Object.assign(window, { copied });
    navigator.clipboard.writeText = text => { copied.push(text); return Promise.resolve(); };
  });
  return () => page.evaluate(() => (window as unknown as { copied: string[] }).copied);
};

test('a copy that is asked for while the step is being read waits for its text', async ({ page, open, server }) => {
  const copied = await copies(page);
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page, 'Upgrade, Acme')).toBeVisible();
  const go = await hold(page, 'read_step');
  await cell(page, 'Step 3 Upgrade, Acme').press('ArrowRight');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(new RegExp(`step=${step.globex.upgrade}`));
  expect(await copied()).toEqual([]);
  go();
  await expect(panel(page, 'Upgrade, Globex').getByRole('button', { name: 'Copied for Globex' })).toBeVisible();
  expect(await copied()).toEqual([expect.stringContaining('curl https://globex.example/healthz')]);
});

test('run mode copies and marks only a step whose text is on screen', async ({ page, open, server }) => {
  const copied = await copies(page);
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await expect(page.getByRole('region', { name: 'Announce, Acme' })).toBeVisible();
  const sent = actions(page);
  const go = await hold(page, 'read_step');
  await page.keyboard.press('n');
  await page.keyboard.press('c');
  await page.keyboard.press('d');
  await expect(said(page, 'The step is still loading.')).toBeVisible();
  expect(sent).toEqual([]);
  go();
  await expect(page.getByRole('button', { name: 'Copied for Acme' })).toBeVisible();
  expect(await copied()).toEqual([expect.stringContaining("'acme'")]);
  await page.keyboard.press('d');
  await expect(said(page, 'Marked Migrate schema done for Acme')).toBeVisible();
});

test('run mode still knows what was copied once its list is read again', async ({ page, open, server }) => {
  await page.addInitScript(() => localStorage.setItem('rollcall.copy-starts', 'off'));
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await expect(page.getByRole('region', { name: 'Announce, Acme' })).toBeVisible();
  await page.keyboard.press('d');
  await rows(page).nth(2).click();
  const upgrade = page.getByRole('region', { name: 'Upgrade, Acme' });
  await upgrade.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(upgrade.getByRole('button', { name: /^Copied/ })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await page.getByRole('status').getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(rows(page).nth(0)).toContainText('pending');
  await expect(upgrade.locator('var', { hasText: 'new.example' })).toBeVisible();
  const sent = actions(page);
  await upgrade.press('d');
  await expect(question(page).getByRole('region', { name: 'As you saw it and Now' })).toContainText('curl https://acme.example/healthz');
  expect(sent).toEqual([]);
});

test('Enter that is held on Mark done presses it once, and answers no question', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const sent = actions(page);
  await here.getByRole('button', { name: 'Mark done' }).focus();
  await page.keyboard.down('Enter');
  await page.keyboard.down('Enter');
  const cancel = question(page).getByRole('button', { name: 'Cancel' });
  await expect(cancel).toBeFocused();
  await page.keyboard.down('Enter');
  await expect(question(page)).toContainText('curl https://new.example/healthz');
  await question(page).getByRole('button', { name: 'Mark done' }).focus();
  await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  await expect(question(page)).toBeVisible();
  expect(sent).toHaveLength(1);
  await page.keyboard.press('Enter');
  await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
  // A reason is not sent by the key that asked for it either.
  await here.getByRole('button', { name: 'Revert…' }).focus();
  await page.keyboard.down('Enter');
  const reason = page.getByRole('dialog', { name: 'Revert Upgrade for Acme' }).getByLabel('Reason', { exact: true });
  await expect(reason).toBeFocused();
  await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  await expect(reason).toHaveValue('');
  await expect(reason).toBeFocused();
  expect(sent).toHaveLength(2);
});

for (const [what, counts] of [['all of the page', true], ['from the heading on', true], ['one line', true], ['three letters', false]] as const)
  test(`what is copied by hand ${counts ? 'counts' : 'does not count'}: ${what}`, async ({ page, open, server }) => {
    const { june, acme, eu } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.upgrade}`);
    const here = panel(page, 'Upgrade, Acme');
    const text = here.getByRole('region', { name: 'Resolved text' });
    await text.click();
    await text.evaluate((pre, what) => {
      const selection = getSelection()!;
      const lines = pre.querySelectorAll('.ln');
      if (what === 'all of the page') selection.selectAllChildren(document.body);
      if (what === 'from the heading on') selection.setBaseAndExtent(document.querySelector('aside h2')!, 0, lines[1]!, 0);
      if (what === 'one line') selection.selectAllChildren(lines[1]!);
      if (what === 'three letters') {
        const first = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT).nextNode()!;
        selection.setBaseAndExtent(first, 0, first, 3);
      }
    }, what);
    await page.keyboard.press('Control+c');
    await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
    await here.getByLabel('Notes').fill('read again');
    await here.getByLabel('Notes').press('Control+Enter');
    await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
    await here.getByRole('button', { name: 'Mark done' }).click();
    if (counts) await expect(question(page).getByRole('region', { name: 'As you saw it and Now' })).toContainText('curl https://acme.example/healthz');
    else await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
  });

test('a text on screen that differs from the copied one is asked about, also if what was copied is there again', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: /^Copied/ })).toBeVisible();
  await jonas('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByLabel('Notes').fill('read again');
  await here.getByLabel('Notes').press('Control+Enter');
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
  await jonas('update_customer', { id: acme, draft: draft(eu, 'acme.example'), version: 2 });
  const sent = actions(page);
  await here.getByRole('button', { name: 'Mark done' }).click();
  const both = question(page).getByRole('region', { name: 'On screen and Copied and now' });
  await expect(both).toContainText('curl https://new.example/healthz');
  await expect(both).toContainText('curl https://acme.example/healthz');
  expect(sent).toEqual([]);
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
  await here.getByText('Text as shown, SHA-256').click();
  await expect(here.getByRole('region', { name: 'Text as shown' })).toContainText('acme.example');
});

test('a question that is answered over a state that somebody else has set says so first', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await jonas('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toContainText('curl https://new.example/healthz');
  await expect(question(page)).not.toContainText('failed');
  const sent = actions(page);
  await jonas('act_on_step', act(step.acme.upgrade, 'fail', 'boom'));
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toContainText(/Jonas marked it failed at .*\d\d:\d\d: boom/);
  expect(sent).toEqual([]);
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible();
});

test('the browser asks before a tab is closed over a question that is not answered', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  const asks = () => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asks()).toBe(false);
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 3 Upgrade, Acme').press('d');
  await here.getByLabel('Notes').click();
  go();
  await expect(said(page, "You'll be asked next.")).toBeVisible();
  expect(await asks()).toBe(true);
  await here.getByLabel('Notes').blur();
  await expect(question(page)).toBeVisible();
  expect(await asks()).toBe(true);
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(question(page)).toHaveCount(0);
  expect(await asks()).toBe(false);
});

test.describe('when the server cannot be reached', () => {
  test.use({ faults: [/ERR_FAILED/] });

  test('a comparison says so, and is tried again in its place', async ({ page, open, server }) => {
    const { june, acme, eu } = await activeJune(server);
    await server.call('act_on_step', act(step.acme.upgrade, 'done'));
    await server.call('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
    await open(`/releases/${june}?step=${step.acme.upgrade}`);
    const here = panel(page, 'Upgrade, Acme');
    const comparisons = /rpc\/(compare_texts|read_changed_text)/;
    await page.route(comparisons, route => route.abort());
    await here.getByRole('button', { name: 'Show the difference' }).click();
    await expect(here.getByRole('alert')).toContainText('The server could not be reached');
    await other(server, 'Jonas')('act_on_step', act(step.acme.upgrade, 'reopen'));
    await cell(page, 'Step 3 Upgrade, Acme').press('d');
    await expect(question(page).getByRole('alert')).toContainText('The server could not be reached');
    await page.unroute(comparisons);
    await question(page).getByRole('button', { name: 'Try again' }).click();
    await expect(question(page)).toContainText('curl https://new.example/healthz');
    await expect(question(page).getByRole('button', { name: 'Mark done' })).toBeEnabled();
  });

  test('run mode keeps a failed mark when the step is left, and says so', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    await page.route('**/rpc/act_on_step*', route => route.abort());
    await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
    await page.keyboard.press('d');
    await expect(page.getByRole('alert')).toContainText('The server could not be reached');
    await page.unroute('**/rpc/act_on_step*');
    await page.keyboard.press('n');
    await expect(page.getByRole('region', { name: 'Migrate schema, Acme' })).toBeVisible();
    await expect(said(page, 'Announce for Acme could not be marked done: the server could not be reached.')).toBeVisible();
    await page.keyboard.press('N');
    await expect(page.getByRole('region', { name: 'Announce, Acme' })).toBeVisible();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
  });
});
