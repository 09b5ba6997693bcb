// The history: one line a batch, filters in the address, values before and after, and Undo where it still applies.
import { test, expect, live } from '../fixtures/app';
import { readFileSync } from 'node:fs';
import { act, other } from '../fixtures/other';
import { activeJune, jonas, many, people } from '../fixtures/world';

test('many cells are told by their steps and customers, an import by the number of its steps', async ({ page, open, server }) => {
  await many(server, 4, 3);
  await server.call('act_on_steps', { ids: Array.from({ length: 12 }, (_, n) => n + 1), action: 'skip', reason: 'not now' });
  const draft = await server.call('create_release', { draft: { name: 'Later', type: 'release' } });
  await server.call('import_templates', { release: draft, steps: ['One', 'Two', 'Three'].map(name => ({ name, category: 'deploy', type: 'text', content: 'Do it.', description: '' })) });
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  await expect(lines.filter({ hasText: 'skipped 12 cells' })).toContainText('4 steps, 3 customers, Many');
  await expect(lines.first()).toContainText(/added (One|Two|Three) and 2 others, Later/);
  await open('/');
  await expect(page.getByRole('listitem').filter({ hasText: 'skipped 12 cells' })).toContainText('4 steps, 3 customers, Many');
});

test('a batch is one line, and says row by row what it did', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_steps', { ids: [1, 5, 9], action: 'skip', reason: 'nothing to announce' });
  await open('/activity');
  const first = page.getByRole('listitem').filter({ hasText: 'skipped 3 cells' });
  await expect(first).toHaveCount(1);
  await expect(first).toContainText('nothing to announce');
  await first.getByText('Show changes').click();
  await expect(first.getByRole('row', { name: 'State' })).toContainText('Pending');
  await expect(first.getByRole('row', { name: 'State' })).toContainText('Skipped');
  await first.getByRole('link', { name: 'All 3 changes' }).click();
  await expect(page).toHaveURL(/batch=/);
  await expect(page.getByText('One change, row by row.')).toBeVisible();
  await expect(page.locator('main').getByRole('listitem').filter({ hasText: 'skipped' })).toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
});

test('a line that does not fit has the whole of it as its title', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_steps', { ids: [1], action: 'skip', reason: `not now, ${'as the window was moved to another night '.repeat(6)}`.trim() });
  await page.setViewportSize({ width: 1280, height: 800 });
  await open('/activity');
  const lines = page.locator('main .log__what');
  const [cut, whole] = [lines.filter({ hasText: 'not now' }), lines.filter({ hasText: 'activated' })];
  await cut.hover({ position: { x: 5, y: 5 } });
  await expect(cut).toHaveAttribute('title', /^Ana Ferreira skipped Announce, Acme.* to another night$/);
  await whole.hover({ position: { x: 5, y: 5 } });
  await expect(whole).not.toHaveAttribute('title');
});

test('imported customers are counted, and then named behind a colon', async ({ page, open, server }) => {
  const { eu } = await people(server);
  await server.call('import_customers', { request: { text: 'Umbrella, umbrella\nHooli, hooli', clusterId: eu } });
  await open('/activity');
  await expect(page.locator('main ol.log > li').first()).toContainText(/imported 2 customers: (Umbrella|Hooli) and 1 other/);
});

test('it is narrowed by who, what, where and when, and the address says so', async ({ page, open, server }) => {
  await activeJune(server);
  await jonas(server, 'act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
  await server.call('act_on_step', { id: 9, action: 'start', reason: null, allow_unresolved: false });
  await open('/activity');
  const started = page.getByRole('listitem').filter({ hasText: 'started' });
  await expect(started).toHaveCount(2);
  await page.getByLabel('Person').fill('jon');
  await page.getByLabel('Person').press('Enter');
  await expect(started).toHaveCount(1);
  await expect(page).toHaveURL(/person=Jonas/);
  await expect(page.getByRole('listitem').filter({ hasText: 'added' })).toHaveCount(0);
  await page.getByLabel('Cluster').selectOption({ label: 'us-east' });
  await expect(page.getByText('No matching activity.')).toBeVisible();
  await page.goBack();
  await expect(started).toHaveCount(1);
  await expect(page.getByLabel('Cluster')).toHaveValue('');
  await page.reload();
  await live(page);
  await expect(page.getByLabel('Person')).toHaveValue('Jonas');
  await page.getByRole('link', { name: 'Clear the filter' }).click();
  await expect(started).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Customer' }).fill('init');
  await page.getByRole('combobox', { name: 'Customer' }).press('Enter');
  await expect(page).toHaveURL(/customer=\d+/);
  await expect(page.getByRole('combobox', { name: 'Customer' })).toHaveValue('Initech');
  await expect(started).toHaveCount(1);
  await page.getByLabel('Action').selectOption({ label: 'Started' });
  await expect(page.locator('main ol.log > li')).toHaveCount(1);
  await page.getByLabel('From').fill('2999-01-01');
  await page.getByLabel('From').blur();
  await expect(page.getByText('No matching activity.')).toBeVisible();
});

test('a change is undone, done again, and refused where somebody went on', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  await expect(lines.first()).toContainText('started');
  // Activation has its own opposite.
  await expect(lines.nth(1)).toContainText('activated');
  await expect(lines.nth(1).getByRole('button')).toHaveCount(0);
  // The dialog says first what becomes of the cell, and Cancel changes nothing.
  await lines.first().getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog.getByText('Announce, Acme: in progress → pending')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(lines.first().getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Undid "Start" on 1 cell: Announce for Acme. The record changed; clusters are not affected' })).toBeVisible();
  await expect(lines.first()).toContainText('undid "started"');
  await expect(lines.nth(1)).toContainText('Undone');
  await expect(lines.nth(1)).toBeFocused();
  await lines.first().getByRole('button', { name: 'Redo' }).click();
  await page.getByRole('dialog', { name: 'Redo this change' }).getByRole('button', { name: 'Redo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Redid "Start" on 1 cell' })).toBeVisible();
  await expect(lines.first()).toContainText('redid "started"');
  await expect(lines.first().getByRole('button', { name: 'Undo' })).toBeAttached();
  await expect(lines.nth(1)).toContainText('Undone');
  // The mark is in force again, and says so.
  await expect(lines.nth(2)).toContainText('started');
  await expect(lines.nth(2)).not.toContainText('Undone');
  await expect(lines.nth(2).getByRole('button', { name: 'Undo' })).toBeAttached();

  await server.call('act_on_step', { id: 5, action: 'start', reason: null, allow_unresolved: false });
  await jonas(server, 'act_on_step', { id: 5, action: 'done', reason: null, allow_unresolved: false });
  await page.reload();
  await live(page);
  const mine = lines.filter({ hasText: 'Ana Ferreira started' }).first();
  await mine.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('heading', { name: 'Left alone (1)' })).toBeVisible();
  await expect(dialog.getByRole('listitem')).toContainText('Announce, Globex was changed since by Jonas');
  await expect(dialog.getByText('Nothing can be restored.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Undo' })).toBeDisabled();
});

test('an undo of others\' work lists the cells, folded, and asks before work is deleted', async ({ page, open, server }) => {
  const { release } = await many(server, 1, 12);
  const draft = { name: 'Smoke test', category: 'verify', type: 'text', content: 'x', description: '' };
  const by = other(server, 'Jonas');
  await by('add_template', { release, draft, place: 'Last' });
  // The copies of the only step are 1 to 12; those of the new one come behind.
  await by('act_on_step', act(13, 'done'));
  await by('act_on_step', act(14, 'start'));
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  const mine = lines.filter({ hasText: 'Jonas added' }).first();
  await mine.getByRole('button', { name: 'Undo' }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog.getByRole('heading', { name: 'Changes (11)' })).toBeVisible();
  await expect(dialog.getByText('Smoke test, c11: deleted')).toBeHidden();
  await dialog.getByText('Show all 11').click();
  await expect(dialog.getByText('Smoke test, c11: deleted')).toBeVisible();
  await expect(dialog.getByRole('heading', { name: 'With work (2)' })).toBeVisible();
  await expect(dialog.getByText(/Smoke test, c00 has work \(done\) by Jonas, \d\d:\d\d/)).toBeVisible();
  await expect(dialog.getByText(/Smoke test, c01 has work \(in progress\) by Jonas/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: '2 left alone: Smoke test, c00 has work (done) by Jonas' })).toBeVisible();
  await open(`/releases/${release}`);
  await expect(page.getByRole('gridcell', { name: /Smoke test, c00, many: done/ })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Smoke test, c02, many: pending/ })).toHaveCount(0);
});

test('work is deleted by an undo only if that is ticked', async ({ page, open, server }) => {
  const { release } = await many(server, 1, 2);
  const draft = { name: 'Smoke test', category: 'verify', type: 'text', content: 'x', description: '' };
  const by = other(server, 'Jonas');
  await by('add_template', { release, draft, place: 'Last' });
  await by('act_on_step', act(3, 'done'));
  await open('/activity');
  await page.locator('main ol.log > li').filter({ hasText: 'Jonas added' }).first().getByRole('button', { name: 'Undo' }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await dialog.getByLabel('Also delete 1 row with work').check();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Undid "Add" on 1 step: Smoke test. The record changed; clusters are not affected' })).toBeVisible();
  await open(`/releases/${release}`);
  await expect(page.getByRole('gridcell', { name: /^Step 1 s0, c0/ })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Smoke test/ })).toHaveCount(0);
});

test('what follows the other is one line under its day, and opens to its batches', async ({ page, open, server }) => {
  await activeJune(server);
  for (const id of [1, 2, 3]) await server.call('act_on_step', { id, action: 'done', reason: null, allow_unresolved: false });
  // Another person's line ends the run.
  await jonas(server, 'act_on_step', { id: 5, action: 'done', reason: null, allow_unresolved: false });
  await server.call('act_on_step', { id: 4, action: 'done', reason: null, allow_unresolved: false });
  await open('/activity');
  await expect(page.getByRole('heading', { level: 2, name: 'Today' })).toBeVisible();
  const run = page.locator('main ol.log > li').filter({ hasText: 'marked 3 steps done for Acme' });
  await expect(run).toContainText(/Ana Ferreira marked 3 steps done for Acme.*\d\d:\d\d/);
  await expect(page.locator('main ol.log > li').first()).toContainText('marked done');
  const line = run.locator('summary').first();
  expect((await line.boundingBox())!.height).toBe(32);
  await expect(run.getByText('Migrate schema')).toBeHidden();
  await line.click();
  const step = run.getByRole('listitem').filter({ hasText: 'Migrate schema' });
  await expect(step).toBeVisible();
  // Undo is there for the pointer and for the keyboard.
  const undo = step.getByRole('button', { name: 'Undo' });
  await expect(undo).toHaveCSS('opacity', '0');
  await step.hover();
  await expect(undo).toHaveCSS('opacity', '1');
  await undo.click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog.getByText('Migrate schema, Acme: done → pending')).toBeVisible();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('main ol.log > li').first()).toContainText('undid "marked done"');
});

test('a line of several batches undoes them all after its dialog, and does them again', async ({ page, open, server }) => {
  await activeJune(server);
  for (const id of [1, 2, 3]) await server.call('act_on_step', { id, action: 'done', reason: null, allow_unresolved: false });
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  const run = lines.filter({ hasText: 'Ana Ferreira marked 3 steps done for Acme' });
  const line = run.locator('summary').first();
  const undo = run.getByRole('button', { name: 'Undo all' });
  await expect(undo).toHaveCSS('opacity', '0');
  await line.hover();
  await expect(undo).toHaveCSS('opacity', '1');
  expect((await run.boundingBox())!.height).toBe(32);
  await undo.click();
  const dialog = page.getByRole('dialog', { name: 'Undo 3 changes' });
  await expect(dialog.getByRole('heading', { name: 'Changes (3)' })).toBeVisible();
  await expect(dialog.getByText('Migrate schema, Acme: done → pending')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(undo).toBeFocused();
  await expect(run).not.toContainText('Undone');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Undid "Mark done" on 3 cells of Acme. The record changed; clusters are not affected' })).toBeVisible();
  await expect(lines.first()).toContainText('undid "marked done" on 3 steps for Acme');
  await expect(run).toContainText('Undone');
  await expect(undo).toHaveCount(0);
  await expect(line).toBeFocused();
  await lines.first().getByRole('button', { name: 'Redo all' }).click();
  await page.getByRole('dialog', { name: 'Redo 3 changes' }).getByRole('button', { name: 'Redo' }).click();
  await expect(lines.first()).toContainText('redid "marked done" on 3 steps for Acme');
  await expect(lines.nth(1)).toContainText('Undone');
  await expect(line.locator('.badge')).toHaveCount(0);
  await expect(undo).toBeAttached();
});

test('the days are chosen by a link, and a search finds names', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
  await open('/activity');
  const days = page.getByRole('navigation', { name: 'Days' });
  await days.getByRole('link', { name: 'Yesterday' }).click();
  await expect(page.getByText('No matching activity.')).toBeVisible();
  await expect(days.getByRole('link', { name: 'Yesterday' })).toHaveAttribute('aria-current', 'true');
  await days.getByRole('link', { name: '7 days' }).click();
  const started = page.getByRole('listitem').filter({ hasText: 'started' });
  await expect(started).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('announ');
  await page.getByRole('searchbox', { name: 'Search activity' }).press('Enter');
  await expect(page).toHaveURL(/q=announ/);
  // The step of the template, and its copy.
  await expect(page.locator('main ol.log > li')).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('nothing is called so');
  await page.getByRole('searchbox', { name: 'Search activity' }).press('Enter');
  await expect(page.getByText('No matching activity.')).toBeVisible();
});

test('a reason is found as it is typed, and a part of several names finds each of them', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'fail', reason: 'Lock timeout on invoice_line', allow_unresolved: false });
  await jonas(server, 'act_on_step', { id: 5, action: 'start', reason: null, allow_unresolved: false });
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  const search = page.getByRole('searchbox', { name: 'Search activity' });
  await search.pressSequentially('lock timeout');
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('Lock timeout on invoice_line');
  await expect(page).toHaveURL(/q=lock%20timeout$/);
  await expect(search).toBeFocused();
  await expect(search).toHaveValue('lock timeout');
  await page.getByRole('link', { name: 'Clear the filter' }).first().click();
  await expect(search).toHaveValue('');
  await page.getByLabel('Action').selectOption({ label: 'Started' });
  await expect(lines).toHaveCount(1);
  // Both names have it.
  const person = page.getByRole('combobox', { name: 'Person' });
  await person.fill('na');
  await person.press('Enter');
  await expect(page).toHaveURL(/person=na/);
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('Jonas started');
  await page.getByLabel('Action').selectOption('');
  await expect(lines.filter({ hasText: 'marked failed' })).toHaveCount(1);
});

test('a batch counts only what the filter lets through, and what is shown is downloaded', async ({ page, open, server }) => {
  const { acme } = await activeJune(server);
  await server.call('act_on_steps', { ids: [1, 2, 5, 9], action: 'skip', reason: 'nothing to announce' });
  await open('/activity');
  const all = page.getByRole('listitem').filter({ hasText: 'skipped 4 cells' });
  await expect(all).toContainText('2 steps, 3 customers, June');
  await open(`/activity?customer=${acme}&action=skip`);
  const line = page.locator('main ol.log > li');
  await expect(line).toHaveCount(1);
  await expect(line).toContainText('skipped 2 cells');
  await expect(line.getByRole('link', { name: 'All 4 changes' })).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'JSONL' }).click()]);
  const lines = readFileSync((await download.path())!, 'utf8').trim().split('\n').map(it => JSON.parse(it));
  expect(lines.map(it => [it.action, it.customerId])).toEqual([['skip', acme], ['skip', acme]]);
  const csv = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
  expect((await (await page.request.get(server.url + csv)).text()).trim().split('\n')).toHaveLength(3);
});

test('older batches are a page away', async ({ page, open, server }) => {
  await activeJune(server);
  for (let n = 0; n < 30; n++) {
    await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
    await server.call('act_on_step', { id: 1, action: 'reopen', reason: null, allow_unresolved: false });
  }
  await open('/activity');
  const lines = page.locator('main ol.log > li');
  await expect(lines).toHaveCount(50);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/cursor=/);
  // Two clusters, three customers, a release, its four steps, its activation, and ten of the sixty.
  await expect(lines).toHaveCount(21);
  // The link stands at the foot: one reads on at the head of the list.
  const head = page.locator('main').getByRole('heading', { level: 2 }).first();
  await expect(head).toBeFocused();
  await page.getByRole('link', { name: 'Newest' }).press('Enter');
  await expect(head).toBeFocused();
  await expect(lines).toHaveCount(50);
});

// A zone in which it is another day than in UTC, whenever the test runs.
const zone = new Date().getUTCHours() < 12 ? 'Etc/GMT+12' : 'Etc/GMT-14';

test.describe('in a zone far from UTC', () => {
  test.use({ timezoneId: zone });
  test('a day of the filter is the person\'s own day', async ({ page, open, server }) => {
    await activeJune(server);
    const activated = page.getByRole('listitem').filter({ hasText: 'activated' });
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date());
    await open(`/activity?from=${today}&to=${today}`);
    await expect(activated).toBeVisible();
    await open('/activity');
    await page.getByLabel('From').fill(today);
    await page.getByLabel('From').blur();
    await expect(page).toHaveURL(/from=/);
    await expect(activated).toBeVisible();
    const other = new Date().toISOString().slice(0, 10);
    await open(`/activity?from=${other}&to=${other}`);
    await expect(page.getByText('No matching activity.')).toBeVisible();
  });
});

test.describe('by touch', () => {
  test.use({ hasTouch: true });

  test('the dialog of an undo opens at each tap', async ({ page, open, server }) => {
    await activeJune(server);
    await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
    await open('/activity');
    const undo = page.locator('main ol.log > li').first().getByRole('button', { name: 'Undo' });
    const dialog = page.getByRole('dialog', { name: 'Undo this change' });
    for (let n = 0; n < 5; n++) {
      await undo.tap();
      await expect(dialog).toBeVisible();
      await dialog.getByRole('button', { name: 'Cancel' }).tap();
      await expect(dialog).toHaveCount(0);
    }
  });
});
