// Two pages side by side (R32): what one person changes, the other sees, and nothing that is being used or typed is touched.
import type { Locator, Page, Request } from '@playwright/test';
import { test as base, expect, live, problemsOf } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { Restarted } from '../fixtures/restarted';
import { activeJune, people } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });
// From then on a page hears what others change.
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });
const panel = (page: Page, name: string) => page.getByRole('complementary', { name });

// Ben's page, in a browser of his own.
const test = base.extend<{ ben: Page; openAsBen: (path: string) => Promise<void> }>({
  ben: async ({ browser, server }, use) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    // By the cookie: a header of the test's own is not in what a page sends while it goes away.
    await context.addCookies([{ name: 'rollcall_user', value: encodeURIComponent('Ben Okoro'), url: server.url }]);
    const page = await context.newPage();
    const problems = problemsOf(page);
    await use(page);
    expect(problems).toEqual([]);
    await context.close();
  },
  openAsBen: async ({ ben, server }, use) => {
    await use(async path => {
      await ben.goto(server.url + path);
      await live(ben);
      await connected(ben);
    });
  },
});

test.use({ hears: true });

test('a mark is seen in place on the other page, outlined for a moment, and its focus stays', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await connected(page);
  await openAsBen(`/releases/${june}`);
  await cell(page, 'Step 2 Migrate schema, Globex').click();
  await cell(ben, 'Step 1 Announce, Acme').click();
  await ben.keyboard.press('d');
  const marked = cell(page, /Step 1 Announce, Acme, eu-west: done by Ben Okoro/);
  await expect(marked).toBeVisible();
  await expect(marked).toHaveAttribute('data-changed', '');
  await expect(page.getByText('1 of 12 cells')).toBeVisible();
  await expect(cell(page, 'Step 2 Migrate schema, Globex')).toBeFocused();
  await expect(page.locator('td[aria-selected=true]')).toHaveCount(1);
  await expect(marked).not.toHaveAttribute('data-changed');
  // Not on the page of who did it.
  await expect(ben.locator('[data-changed]')).toHaveCount(0);
});

test('what a page reads because others changed something says so, and what its person asks for does not', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await connected(page);
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  const isRead = (it: Request) => /\/rpc\/(read|list)_/.test(it.url());
  const isMarked = (it: Request) => it.headers()['x-rollcall-background'] === '1';
  const watched = page.waitForRequest(it => isRead(it) && isMarked(it));
  await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'start'));
  await watched;
  const asked = page.waitForRequest(it => isRead(it) && !isMarked(it));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activity' }).click();
  await asked;
});

test('many cells, and an undo, are seen as they are done', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await openAsBen(`/releases/${june}`);
  await cell(ben, 'Step 1 Announce, Acme').click();
  await ben.keyboard.press('Shift+ArrowRight');
  await ben.keyboard.press('Shift+ArrowRight');
  await ben.keyboard.press('d');
  await expect(cell(page, /Step 1 Announce, Initech, us-east: done by Ben Okoro/)).toBeVisible();
  await expect(page.getByText('3 of 12 cells')).toBeVisible();
  await ben.keyboard.press('Control+z');
  await expect(cell(page, 'Step 1 Announce, Initech, us-east: pending')).toBeVisible();
  await expect(page.getByText('0 of 12 cells')).toBeVisible();
});

// Marks a cell. What the page reads of the matrix and of steps, from then on too.
async function markAndListen(page: Page) {
  const read: string[] = [];
  page.on('request', it => { if (/rpc\/read_(matrix|step)/.test(it.url())) read.push(it.url()); });
  await cell(page, 'Step 1 Announce, Acme').focus();
  await page.keyboard.press('d');
  await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
  return read;
}

test('what this page did itself is not read again', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await connected(page);
  await openAsBen(`/releases/${june}`);
  const read = await markAndListen(page);
  // The other page has heard of it, and then of a mark of its own.
  await expect(cell(ben, /Step 1 Announce, Acme, eu-west: done by Ana Ferreira/)).toBeVisible();
  await cell(ben, 'Step 1 Announce, Globex').click();
  await ben.keyboard.press('d');
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: done by Ben Okoro/)).toBeVisible();
  expect(read.length).toBe(1);
});

test('what this page did before its connection was loaded is not read again either', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  const load = await hold(page, /\/live\.js/);
  await open(`/releases/${june}`);
  await openAsBen(`/releases/${june}`);
  const read = await markAndListen(page);
  load();
  await connected(page);
  await cell(ben, 'Step 1 Announce, Globex').click();
  await ben.keyboard.press('d');
  await expect(cell(page, /Step 1 Announce, Globex, eu-west: done by Ben Okoro/)).toBeVisible();
  expect(read.length).toBe(1);
});

test('a step that is added before the focused one moves the focus along with its cell', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?customers=g`);
  await cell(page, 'Step 2 Migrate schema, Globex').click();
  const draft = { name: 'Snapshot', category: 'deploy', type: 'text', content: 'x', description: '' };
  await other(server, 'Jonas')('add_template', { release: june, draft, place: { Before: 1 } });
  await expect(cell(page, 'Step 1 Snapshot, Globex')).toBeVisible();
  await expect(cell(page, 'Step 3 Migrate schema, Globex')).toBeFocused();
  await expect(page.getByLabel('Filter customers')).toHaveValue('g');
});

test('steps that somebody puts in another order are so on the page, and the focus stays on its cell', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await connected(page);
  await cell(page, 'Step 2 Migrate schema, Globex').click();
  await other(server, 'Ben Okoro')('place_template', { id: 2, place: { Before: 1 } });
  await expect(cell(page, 'Step 1 Migrate schema, Globex')).toBeFocused();
  await expect(cell(page, 'Step 2 Announce, Acme')).toBeVisible();
});

test('a page that nobody sees holds no connection, and reads what it missed once it is seen', async ({ page, open, ben, openAsBen, server }) => {
  await page.addInitScript(() => {
    let is_hidden = false;
    Object.defineProperty(document, 'hidden', { get: () => is_hidden });
    Object.assign(window, { show: (it: boolean) => { is_hidden = !it; document.dispatchEvent(new Event('visibilitychange')); } });
  });
  const show = (it: boolean) => page.evaluate(is => (window as unknown as { show: (it: boolean) => void }).show(is), it);
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await connected(page);
  const closed = page.waitForEvent('requestfailed', it => it.url().includes('/api/events'));
  await show(false);
  await closed;
  await openAsBen(`/releases/${june}`);
  await cell(ben, 'Step 1 Announce, Acme').click();
  await ben.keyboard.press('d');
  await expect(cell(ben, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: pending/)).toBeVisible();
  await show(true);
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Ben Okoro/)).toBeVisible();
});

test('a customer that is removed takes its cell along, and the focus goes to the nearest one and says so', async ({ page, open, server }) => {
  const { june, globex } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 2 Migrate schema, Globex').focus();
  await other(server, 'Jonas')('remove_customers', { id: june, customers: [globex] });
  await expect(said(page, 'Jonas removed this cell. You are on the nearest one.')).toBeVisible();
  await expect(cell(page, 'Step 2 Migrate schema, Initech')).toBeFocused();
});

test('notes that are being written stay with their caret when somebody else marks the step', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  await notes.click();
  await page.keyboard.type('called them');
  await page.keyboard.press('Home');
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Jonas/)).toBeVisible();
  await expect(panel(page, 'Announce, Acme').getByText(/Jonas since \d\d:\d\d/).first()).toBeVisible();
  await expect(notes).toBeFocused();
  await page.keyboard.type('I ');
  await expect(notes).toHaveValue('I called them');
});

test('a space at the end of notes stays while others change the step', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('note_step', { id: step.acme.announce, notes: 'called', version: 1 });
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  await notes.click();
  await page.keyboard.press('End');
  await page.keyboard.type(' ');
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await expect(panel(page, 'Announce, Acme').getByText(/Jonas since \d\d:\d\d/).first()).toBeVisible();
  await page.keyboard.type('them');
  await expect(notes).toHaveValue('called them');
});

test('another\'s notes are shown above mine at once, and saving waits for a choice', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').click();
  await page.keyboard.type('mine');
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'theirs', version: 1 });
  const notice = here.getByRole('alert').filter({ hasText: /Jonas changed this at \d\d:\d\d/ });
  await expect(notice).toBeVisible();
  await expect(here.getByLabel('Notes')).toBeFocused();
  await expect(here.getByLabel('Notes')).toHaveValue('mine');
  await expect(here.getByRole('button', { name: 'Save notes' })).toHaveCount(0);
  await notice.getByRole('button', { name: 'Show changes' }).click();
  await expect(notice.getByRole('region', { name: 'Theirs and Yours' })).toContainText('theirs');
  await notice.getByRole('button', { name: 'Take theirs' }).click();
  await expect(here.getByLabel('Notes')).toHaveValue('theirs');
  await expect(here.getByLabel('Notes')).toBeFocused();
});

test('a text that is being overridden says at once who changed it, and saving waits for a choice', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Override' }).click();
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill('mine');
  await other(server, 'Jonas')('override_step', { id: step.acme.upgrade, content: 'theirs', version: 1 });
  await expect(dialog.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await expect(dialog.getByLabel('Content')).toBeFocused();
  await expect(dialog.getByLabel('Content')).toHaveValue('mine');
  await expect(dialog.getByRole('button', { name: 'Save changes' })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Take theirs' }).click();
  await expect(dialog.getByLabel('Content')).toHaveValue('theirs');
});

test('a record that is being edited says at once who changed it', async ({ page, open, server }) => {
  const { acme, eu } = await people(server);
  await open(`/customers/${acme}/edit`);
  await page.getByLabel('Name', { exact: true }).fill('Acme Mine');
  await other(server, 'Jonas')('update_customer', { id: acme, draft: { name: 'Acme Theirs', clusterId: eu, namespace: 'acme', metadata: {} }, version: 1 });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(/Jonas changed this at \d\d:\d\d\. What you typed is still here\. Choose before you save: Keep mine saves it over theirs\./);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Mine');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(alert).toContainText('Jonas changed this');
  await alert.getByRole('button', { name: 'Show changes' }).click();
  await expect(alert.getByRole('row', { name: 'Name' })).toContainText('Acme Theirs');
  await alert.getByRole('button', { name: 'Keep mine' }).click();
  await expect(page.getByRole('heading', { name: 'Acme Mine', level: 1 })).toBeVisible();
});

test('a step of the template that is being edited says at once who changed it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}/steps`);
  await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
  const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
  await editor.getByLabel('Content').fill('mine');
  const draft = { name: 'Upgrade', category: 'deploy', type: 'bash', content: 'theirs', description: '' };
  await other(server, 'Jonas')('update_template', { id: 3, draft, version: 1 });
  await expect(editor.getByText('Jonas changed this')).toBeVisible();
  await expect(editor.getByLabel('Content')).toHaveValue('mine');
  await editor.getByRole('button', { name: 'Take theirs' }).click();
  await expect(editor.getByLabel('Content')).toHaveValue('theirs');
});

test('the run mode shows what others did, in the list and in the open step', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.migrate}`);
  const jonas = other(server, 'Jonas');
  await jonas('act_on_step', act(step.acme.announce, 'done'));
  await expect(page.getByText('1 of 4')).toBeVisible();
  await jonas('act_on_step', act(step.acme.migrate, 'start'));
  await expect(page.getByText(/Jonas since \d\d:\d\d/).first()).toBeVisible();
});

test('the dashboard follows, and the activity says that there is more', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open('/');
  await openAsBen('/activity');
  const jonas = other(server, 'Jonas');
  await jonas('act_on_step', act(step.acme.announce, 'fail', 'no answer'));
  await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText('Announce');
  const more = ben.getByRole('button', { name: '1 new event · Show' });
  await expect(more).toBeVisible();
  await expect(ben.getByText('no answer')).toHaveCount(0);
  await jonas('act_on_step', act(step.globex.announce, 'done'));
  await ben.getByRole('button', { name: '2 new events · Show' }).click();
  await expect(ben.getByText('Jonas').first()).toBeVisible();
  await expect(ben.getByRole('button', { name: /new events?/ })).toHaveCount(0);
  expect(june).toBeGreaterThan(0);
});

test('of new events only those are counted that the filter lets through', async ({ server, ben, openAsBen }) => {
  const { acme } = await activeJune(server);
  await openAsBen(`/activity?customer=${acme}`);
  const jonas = other(server, 'Jonas');
  await jonas('act_on_step', act(step.globex.announce, 'done'));
  await jonas('act_on_step', act(step.acme.announce, 'done'));
  await expect(ben.getByRole('button', { name: '1 new event · Show' })).toBeVisible();
});

test('a list of records follows while nothing is typed in its search', async ({ page, open, server }) => {
  const { acme, eu } = await people(server);
  await open('/customers');
  await other(server, 'Jonas')('update_customer', { id: acme, draft: { name: 'Acme Two', clusterId: eu, namespace: 'acme', metadata: {} }, version: 1 });
  await expect(page.getByRole('link', { name: 'Acme Two' })).toBeVisible();
});

test('a customer or a cluster that somebody else adds does not move their lists: it is told, and shown when that is asked for', async ({ page, open, server }) => {
  const { eu } = await people(server);
  const jonas = other(server, 'Jonas');
  const listed = (name: RegExp) => page.getByRole('table').getByRole('link', { name });
  const more = (text: string) => page.getByRole('button', { name: `${text} · Show` });
  await open('/customers');
  await connected(page);
  await jonas('create_customer', { draft: { name: 'Aardvark', clusterId: eu, namespace: 'aardvark', metadata: {} } });
  await expect(more('1 new customer')).toBeVisible();
  await expect(listed(/^(Aardvark|Acme)$/)).toHaveText(['Acme']);
  await more('1 new customer').click();
  await expect(listed(/^(Aardvark|Acme)$/)).toHaveText(['Aardvark', 'Acme']);
  await expect(more('1 new customer')).toHaveCount(0);

  await open('/clusters');
  await connected(page);
  await jonas('create_cluster', { draft: { name: 'ap-south' } });
  await jonas('create_cluster', { draft: { name: 'ap-west' } });
  await expect(more('2 new clusters')).toBeVisible();
  await expect(listed(/-(south|west|east)$/)).toHaveText(['eu-west', 'us-east']);
  await more('2 new clusters').click();
  await expect(listed(/-(south|west|east)$/)).toHaveText(['ap-south', 'ap-west', 'eu-west', 'us-east']);
});

test('a release that somebody else makes does not move the list of releases: it is told, and shown when that is asked for', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/releases');
  await connected(page);
  await other(server, 'Jonas')('create_release', { draft: { name: 'July', type: 'release' } });
  const more = page.getByRole('button', { name: '1 new release · Show' });
  await expect(more).toBeVisible();
  await expect(page.getByRole('row').nth(1)).toContainText('June');
  await expect(page.getByRole('row')).toHaveCount(2);
  await more.click();
  await expect(page.getByRole('row').nth(1)).toContainText('July');
  await expect(more).toHaveCount(0);
});

test('a server of another version is said, and nothing is loaded again by force', async ({ page, open, server }) => {
  await activeJune(server);
  const hello = 'id: 1\nevent: hello\ndata: {"last":1,"version":"99.0.0"}\n\n';
  await page.route('**/api/events*', route => route.fulfill({ contentType: 'text/event-stream', body: hello }));
  await open('/customers');
  await page.getByLabel('Filter customers').fill('ac');
  const line = said(page, 'Rollcall was updated · Reload');
  await expect(line).toBeVisible();
  await expect(page.getByLabel('Filter customers')).toHaveValue('ac');
  await line.getByRole('button', { name: 'Reload' }).click();
  await live(page);
});

test('who else is here is listed, and shown at the cell and in the panel', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const done = panel(page, 'Announce, Acme').getByRole('button', { name: 'Mark done' });
  const place = await done.boundingBox();
  await openAsBen(`/releases/${june}?step=${step.acme.announce}`);
  await expect(page.getByRole('list', { name: 'Also here' })).toContainText('Ben Okoro');
  await expect(cell(page, 'Step 1 Announce, Acme')).toHaveAttribute('data-here', 'BO');
  const here = panel(page, 'Announce, Acme');
  await expect(here.getByText('Ben Okoro is looking at this step')).toBeVisible();
  expect(await done.boundingBox()).toEqual(place);
  await panel(ben, 'Announce, Acme').getByLabel('Notes').click();
  await expect(here.getByText('Ben Okoro is editing')).toBeVisible();
  await ben.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('list', { name: 'Also here' })).toBeHidden();
  await expect(page.locator('[data-here]')).toHaveCount(0);
});

test('who leaves a release while a report is on its way is not shown there afterwards', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await openAsBen(`/releases/${june}?step=${step.acme.announce}`);
  await expect(page.getByRole('list', { name: 'Also here' })).toContainText('Ben Okoro');
  let go = () => {};
  const held = new Promise<void>(done => (go = done));
  const left = '{"releaseId":null}';
  const told: (string | null)[] = [];
  ben.on('requestfinished', it => { if (it.url().endsWith('/api/presence')) told.push(it.postData()); });
  await ben.route('**/api/presence', async route => {
    await held;
    await route.continue();
  }, { times: 1 });
  const [late] = await Promise.all([
    ben.waitForRequest('**/api/presence'),
    panel(ben, 'Announce, Acme').getByLabel('Notes').click(),
  ]);
  expect(late.postData()).toContain('"editing":true');
  await ben.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(ben.getByRole('heading', { name: 'Customers' })).toBeVisible();
  go();
  await expect.poll(() => told.includes(late.postData()) && told.includes(left)).toBe(true);
  expect(told.at(-1)).toBe(left);
  await expect(page.getByRole('list', { name: 'Also here' })).toBeHidden();
});

test('who has typed something in a form is editing, and is no more once it is taken out again', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  // Initech has no HOST.
  const address = `/releases/${june}?step=${step.initech.upgrade}`;
  await open(address);
  await openAsBen(address);
  const [here, there] = [panel(page, 'Upgrade, Initech'), panel(ben, 'Upgrade, Initech')];
  await there.getByRole('button', { name: 'Mark done' }).click();
  const value = there.getByLabel('Value of var.HOST');
  await value.click();
  await expect(here.getByText('Ben Okoro is looking at this step')).toBeVisible();
  await value.fill('initech.example');
  await expect(here.getByText('Ben Okoro is editing')).toBeVisible();
  await value.blur();
  await value.fill('');
  await expect(here.getByText('Ben Okoro is looking at this step')).toBeVisible();
});

test.describe('at cells with marks', () => {
  test.use({ faults: [/ERR_FAILED/] });

  test('the initials of who looks at a cell stand beside the marks of a missing value and of a failure', async ({ page, open, ben, openAsBen, server }) => {
    const { june } = await activeJune(server);
    const at = (id: number) => page.locator(`.matrix td[data-step="${id}"]`);
    const drawn = (it: Locator) => it.evaluate(it => getComputedStyle(it, '::before').content);
    const initials = /BO|attr\(data-here/;
    await open(`/releases/${june}`);
    await page.route('**/rpc/act_on_step*', route => route.abort());
    await cell(page, 'Step 1 Announce, Acme').focus();
    await page.keyboard.press('d');
    const failed = at(step.acme.announce);
    await expect(failed).toHaveAttribute('data-error', '');
    expect(await drawn(failed)).not.toMatch(initials);
    // Initech has no HOST.
    await openAsBen(`/releases/${june}?step=${step.initech.upgrade}`);
    const unset = at(step.initech.upgrade);
    await expect(unset).toHaveAttribute('data-marks', /unresolved/);
    await expect(unset).toHaveAttribute('data-here', 'BO');
    expect(await drawn(unset)).toMatch(initials);
    expect(await drawn(unset)).toContain('{}');
    await cell(ben, 'Step 1 Announce, Acme').click();
    await expect(failed).toHaveAttribute('data-here', 'BO');
    expect(await drawn(failed)).toMatch(initials);
    expect(await failed.evaluate(it => getComputedStyle(it, '::before').borderBottomStyle)).toBe('dashed');
  });
});

test('who edits the template is here, and sees who else is', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  const here = (of: Page) => of.getByRole('list', { name: 'Also here' });
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await openAsBen(`/releases/${june}/steps`);
  await expect(here(page)).toContainText('Ben Okoro');
  await expect(here(ben)).toContainText('Ana Ferreira');
  // A step of the template is no cell.
  await expect(page.locator('.matrix [data-here]')).toHaveCount(0);
});

test('who loads another page, or closes the tab, is here no longer at once', async ({ page, open, ben, openAsBen, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const here = page.getByRole('list', { name: 'Also here' });
  await openAsBen(`/releases/${june}`);
  await expect(here).toContainText('Ben Okoro');
  await ben.goto(`${server.url}/customers`);
  // Long before the server forgets who says nothing any more.
  await expect(here).toBeHidden();
});

test('what somebody else has in progress is taken over only after a question', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'start'));
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Ben Okoro/)).toBeVisible();
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('i');
  const dialog = page.getByRole('dialog', { name: /^In progress by Ben Okoro since \d\d:\d\d\. Take over\?$/ });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Ben Okoro/)).toBeFocused();
  await page.keyboard.press('i');
  await dialog.getByRole('button', { name: 'Take over' }).click();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: in progress by Ana Ferreira/)).toBeVisible();
  await expect(said(page, 'Started Announce for Acme')).toBeVisible();
});

test('in the run mode too a start of another\'s step is a question', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await other(server, 'Ben Okoro')('act_on_step', act(step.acme.announce, 'start'));
  await expect(page.getByText(/Ben Okoro since \d\d:\d\d/).first()).toBeVisible();
  await page.keyboard.press('i');
  await page.getByRole('dialog', { name: /^In progress by Ben Okoro since/ }).getByRole('button', { name: 'Take over' }).click();
  await expect(page.getByText(/Ana Ferreira since \d\d:\d\d/).first()).toBeVisible();
});

test('a lost connection is said, and what was missed is read when it is back', async ({ browser }) => {
  const server = new Restarted();
  await server.start();
  await server.call('create_cluster', { draft: { name: 'eu-west' } });
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems = problemsOf(page, [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/]);
  await page.goto(`${server.url}/clusters`);
  await live(page);
  await expect(page.getByRole('link', { name: 'eu-west' })).toBeVisible();
  // The connection is there once a change has been heard.
  const more = page.getByRole('button', { name: '1 new cluster · Show' });
  await server.call('create_cluster', { draft: { name: 'eu-east' } });
  await more.click();
  await expect(page.getByRole('link', { name: 'eu-east' })).toBeVisible();
  await server.stop();
  const line = said(page, 'Connection lost. What you see may be out of date.');
  await expect(line).toBeVisible();
  await server.start();
  await server.call('create_cluster', { draft: { name: 'us-east' } });
  await expect(line).toHaveCount(0, { timeout: 30_000 });
  await more.click();
  await expect(page.getByRole('link', { name: 'us-east' })).toBeVisible();
  expect(problems).toEqual([]);
  await context.close();
  await server.end();
});

test('a mark that was made without a connection waits, and is sent once when it is back', async ({ browser }) => {
  const server = new Restarted();
  await server.start();
  await server.call('create_cluster', { draft: { name: 'eu-west' } });
  await server.call('create_customer', { draft: { name: 'Acme', clusterId: 1, namespace: 'acme' } });
  await server.call('create_release', { draft: { name: 'June', type: 'release' } });
  const draft = { name: 'Announce', category: 'deploy', type: 'text', content: 'Tell them.', description: '' };
  await server.call('add_template', { release: 1, draft, place: 'Last' });
  await server.call('activate_release', { id: 1, customers: [1] });
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems = problemsOf(page, [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/]);
  await page.goto(`${server.url}/releases/1?step=1`);
  await live(page);
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  // The connection is there once a change has been heard.
  await server.call('act_on_step', act(1, 'start'));
  await expect(cell(page, /Announce, Acme, eu-west: in progress by Ana Ferreira/)).toBeVisible();
  await server.stop();
  await expect(said(page, 'Connection lost.')).toBeVisible();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await panel(page, 'Announce, Acme').getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByRole('button', { name: /^Copied for Acme \(eu-west\) as of \d\d:\d\d/ })).toBeVisible();
  await cell(page, 'Announce, Acme').click();
  await page.keyboard.press('d');
  const waiting = cell(page, 'Announce, Acme, eu-west: done');
  await expect(waiting).toHaveAttribute('aria-busy', 'true');
  await expect(said(page, '1 change waits to be sent.')).toBeVisible();
  await server.start();
  await expect(said(page, 'Marked Announce done for Acme')).toBeVisible({ timeout: 30_000 });
  await expect(waiting).not.toHaveAttribute('aria-busy');
  await expect(page.getByText('1 change waits')).toHaveCount(0);
  const history = await (await page.request.get(`${server.url}/api/audit?limit=100`)).json();
  expect(history.items.filter((it: { action: string }) => it.action === 'done')).toHaveLength(1);
  expect(problems).toEqual([]);
  await context.close();
  await server.end();
});
