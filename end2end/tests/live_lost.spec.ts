// What is typed, read or sent while others remove it, or while the server is away (R32, R102).
import type { Browser, Page } from '@playwright/test';
import { test, expect, live, problemsOf } from '../fixtures/app';
import { holdAnswer } from '../fixtures/hold';
import { other, step } from '../fixtures/other';
import { Restarted } from '../fixtures/restarted';
import { activeJune } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });
const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const row = (page: Page, name: RegExp) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name });

// The marks of the release in the order in which they were made: "done 1" of the step with this id.
async function marksOf(url: string) {
  const { items } = await (await fetch(`${url}/api/audit?entity=step&limit=100`)).json();
  const marks = items.filter((it: { action: string }) => ['start', 'done'].includes(it.action));
  marks.sort((a: { id: number }, b: { id: number }) => a.id - b.id);
  return marks.map((it: { action: string; entityId: number }) => `${it.action} ${it.entityId}`);
}

test.use({ hears: true });

test.describe('at a step that others remove', () => {
  // A step that is gone is 404.
  test.use({ faults: [/status of 404/] });

  test('what is being written stays where it is, and is no note of another step', async ({ page, context, open, server }) => {
    const { june } = await activeJune(server);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(`/releases/${june}?step=${step.acme.announce}`);
    await connected(page);
    await panel(page, 'Announce, Acme').getByLabel('Notes').click();
    await page.keyboard.type('called');
    await page.keyboard.press('Home');
    await other(server, 'Jonas')('delete_template', { id: 1 });
    await expect(cell(page, 'Step 1 Migrate schema, Acme')).toBeVisible();
    const lost = panel(page, 'Step');
    await expect(lost.getByRole('alert')).toContainText('Jonas removed this step.');
    await expect(lost.getByLabel('Notes')).toBeFocused();
    await page.keyboard.type('I ');
    await expect(lost.getByLabel('Notes')).toHaveValue('I called');
    await lost.getByRole('button', { name: 'Copy text' }).click();
    await expect(lost.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('I called');
    await lost.getByRole('button', { name: 'Discard' }).click();
    await expect(lost).toHaveCount(0);
    await cell(page, 'Step 1 Migrate schema, Acme').click();
    await expect(panel(page, 'Migrate schema, Acme').getByLabel('Notes')).toHaveValue('');
  });

  test('in run mode too, and its letters are no keys of the next one', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
    await connected(page);
    await page.getByLabel('Notes').click();
    await page.keyboard.type('we ');
    await other(server, 'Jonas')('delete_template', { id: 1 });
    await expect(page.getByRole('alert')).toContainText('Jonas removed this step.');
    await page.keyboard.type('did n');
    await expect(page.getByLabel('Notes')).toHaveValue('we did n');
    await page.getByRole('button', { name: 'Discard' }).click();
    await expect(page.getByRole('heading', { name: 'Next up' })).toBeVisible();
    await expect(row(page, /Announce/)).toHaveCount(0);
    await expect(page.getByText('0 of 3', { exact: true }).first()).toBeVisible();
  });

  test('what is being written is not lost with its customer either', async ({ page, context, open, server }) => {
    const { june, acme } = await activeJune(server);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
    await connected(page);
    await page.getByLabel('Notes').click();
    await page.keyboard.type('called');
    await other(server, 'Jonas')('remove_customers', { id: june, customers: [acme] });
    await expect(page.getByRole('alert')).toContainText('Jonas removed this step.');
    await page.getByRole('button', { name: 'Copy text' }).click();
    await expect(page.getByLabel('Notes')).toHaveValue('called');
  });
});

test.describe('what others remove while nothing is typed', () => {
  // A step that is gone is 404, and 422 where the page says what it looks at.
  test.use({ faults: [/status of (404|422)/] });

  test('a step says who removed it, in the panel and in run mode', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.announce}`);
    await connected(page);
    await expect(panel(page, 'Announce, Acme')).toBeVisible();
    await other(server, 'Jonas')('delete_template', { id: 1 });
    await expect(panel(page, 'Step').getByRole('alert')).toHaveText('Jonas removed this step.');

    await open(`/releases/${june}/customer/${acme}?step=${step.acme.migrate}`);
    await connected(page);
    await expect(row(page, /Migrate schema/)).toBeVisible();
    await other(server, 'Jonas')('delete_template', { id: 2 });
    await expect(row(page, /Migrate schema/)).toHaveCount(0);
    await expect(page.getByRole('alert')).toHaveText('Jonas removed this step.');
  });

  test('a customer is said to be no longer in the release, and its steps are there again once it is added', async ({ page, open, server }) => {
    const { june, acme } = await activeJune(server);
    const jonas = other(server, 'Jonas');
    await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
    await connected(page);
    await jonas('remove_customers', { id: june, customers: [acme] });
    const heading = page.getByRole('heading', { level: 1 });
    await expect(heading).toHaveText('Acme is no longer in June');
    await expect(heading).toBeFocused();
    await expect(page.getByRole('alert')).toContainText(/Jonas removed this customer from the release at \d\d:\d\d\./);
    await expect(page.getByRole('link', { name: 'Back to release' })).toHaveAttribute('href', `/releases/${june}`);
    await jonas('add_customers', { id: june, customers: [acme] });
    await expect(heading).toHaveText('Acme');
    await expect(row(page, /Announce/)).toBeVisible();
  });
});

test.describe('who is at a step that others removed', () => {
  test.use({ faults: [/status of (404|422)/] });

  test('is still at the release, as others see', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.announce}`);
    await connected(page);
    await panel(page, 'Announce, Acme').getByLabel('Notes').click();
    await page.keyboard.type('called');
    await other(server, 'Jonas')('delete_template', { id: 1 });
    const said = page.waitForResponse(it => it.url().endsWith('/api/presence') && it.status() === 204 && !('stepId' in JSON.parse(it.request().postData()!)));
    await expect(panel(page, 'Step').getByRole('alert')).toContainText('Jonas removed this step.');
    expect(JSON.parse((await said).request().postData()!)).toEqual({ releaseId: june, editing: true });
  });
});

test.describe('the steps of a release that is read anew', () => {
  const renamed = (name: string) => ({ id: 3, draft: { name, category: 'deploy', type: 'bash', content: 'helm upgrade', description: '' } });

  test('are those of the newest read, in whatever order the answers come', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}/steps`);
    await connected(page);
    const late = await holdAnswer(page, 'read_release');
    await other(server, 'Jonas')('update_template', { ...renamed('First'), version: 1 });
    await late.made;
    await other(server, 'Jonas')('update_template', { ...renamed('Second'), version: 2 });
    const name = page.getByRole('listitem').getByRole('button', { name: /^(First|Second)$/ });
    await expect(name).toHaveText('Second');
    const older = page.waitForResponse(/\/rpc\/read_release/);
    late();
    await (await older).finished();
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
    await expect(name).toHaveText('Second');
  });

  test.describe('without a connection', () => {
    test.use({ faults: [/ERR_FAILED/] });

    test('are read once it is back', async ({ page, open, server }) => {
      const { june } = await activeJune(server);
      await page.addInitScript(() => { Math.random = () => 0.1; });
      await open(`/releases/${june}/steps`);
      await connected(page);
      await page.route(/\/rpc\/read_release/, async route => {
        await page.evaluate(() => dispatchEvent(new Event('offline')));
        await route.abort();
      }, { times: 1 });
      await other(server, 'Jonas')('update_template', { ...renamed('Renamed'), version: 1 });
      await expect(page.getByRole('listitem').getByRole('button', { name: 'Renamed', exact: true })).toBeVisible();
    });
  });
});

test.describe('a mark whose answer is lost', () => {
  test.use({ faults: [/ERR_FAILED/] });

  test('is sent again under its first key, done once, and can be undone', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    // The connection comes back after the mark was sent again.
    await page.addInitScript(() => { Math.random = () => 0.5; });
    await open(`/releases/${june}`);
    await connected(page);
    const keys: (string | undefined)[] = [];
    await page.route(/\/rpc\/act_on_step(\?|$)/, async route => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      await page.evaluate(() => dispatchEvent(new Event('offline')));
      await route.abort();
    });
    await cell(page, 'Step 1 Announce, Acme').click();
    await page.keyboard.press('d');
    await expect(said(page, 'Marked Announce done for Acme')).toBeVisible();
    expect(keys).toEqual([expect.stringMatching(/./), keys[0]]);
    await page.keyboard.press('Control+z');
    await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  });
});

test.describe('marks whose sending is lost', () => {
  test.use({ faults: [/ERR_FAILED/] });

  test('marks of several cells that were on their way when the connection was lost are sent in their order', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await page.addInitScript(() => { Math.random = () => 0.5; });
    await open(`/releases/${june}`);
    await connected(page);
    let goDown = () => {};
    const down = new Promise<void>(done => (goDown = done));
    let n_sent = 0;
    await page.route(/\/rpc\/act_on_step(\?|$)/, async route => {
      n_sent += 1;
      if (n_sent > 2) return route.continue();
      await down;
      await route.abort();
    });
    await cell(page, 'Step 1 Announce, Acme').click();
    // The second mark is held back by the page, and the third one is not.
    await page.keyboard.press('i');
    await page.keyboard.press('d');
    await page.locator('html[data-queued="1"]').waitFor({ state: 'attached' });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('d');
    await expect.poll(() => n_sent).toBe(2);
    await page.evaluate(() => dispatchEvent(new Event('offline')));
    goDown();
    await expect(said(page, 'Marked Migrate schema done for Acme')).toBeVisible({ timeout: 30_000 });
    expect(await marksOf(server.url)).toEqual(['start 1', 'done 1', 'done 2']);
  });
});

test.describe('a mark that waits in its dialog', () => {
  test.use({ faults: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED|ERR_NETWORK_CHANGED/] });

  for (const [where, address] of [['matrix', ''], ['run mode', '/customer/1']])
    test(`is sent once though it is pressed again in the ${where}`, async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}${address}?step=${step.acme.announce}`);
      await connected(page);
      const keys = new Set<string | undefined>();
      page.on('request', it => { if (/\/rpc\/act_on_step(\?|$)/.test(it.url())) keys.add(it.headers()['idempotency-key']); });
      const fail = page.getByRole('button', { name: /^Fail…/ });
      await expect(fail).toBeVisible();
      await context.setOffline(true);
      await fail.click();
      const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Acme' });
      await dialog.getByLabel('Reason', { exact: true }).fill('no answer');
      await page.keyboard.press('Enter');
      // Under the dialog.
      await expect(page.locator('[data-line=waiting]')).toHaveText('1 change waits to be sent.');
      await page.keyboard.press('Enter');
      await context.setOffline(false);
      await expect(said(page, 'Marked Announce failed for Acme')).toBeVisible({ timeout: 30_000 });
      await expect(dialog).toHaveCount(0);
      await page.locator('html:not([data-writing])').waitFor({ state: 'attached' });
      expect(keys.size).toBe(1);
    });

  for (const [where, address] of [['matrix', ''], ['run mode', '/customer/1']])
    test(`is not said to be cancelled by closing it in the ${where}`, async ({ page, open, server, context }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}${address}?step=${step.acme.announce}`);
      await connected(page);
      const fail = page.getByRole('button', { name: /^Fail…/ });
      await expect(fail).toBeVisible();
      await context.setOffline(true);
      await fail.click();
      const dialog = page.getByRole('dialog', { name: 'Mark Announce failed for Acme' });
      const foot = dialog.locator('.dialog__foot');
      await dialog.getByLabel('Reason', { exact: true }).fill('no answer');
      // Nothing is sent yet.
      await expect(foot.getByRole('button')).toHaveText(['Cancel', 'Fail']);
      await page.keyboard.press('Enter');
      await expect(foot.getByText("Waiting to be saved. Closing this doesn't cancel it.")).toBeVisible();
      await foot.getByRole('button', { name: 'Close' }).click();
      await expect(dialog).toHaveCount(0);
      await context.setOffline(false);
      await expect(said(page, 'Marked Announce failed for Acme')).toBeVisible({ timeout: 30_000 });
    });
});

test.describe('a mark whose answer is lost with its server', () => {
  test.use({ faults: [/ERR_FAILED/] });

  const loseAnswer = async (page: Page, url: string) => {
    let n_sent = 0;
    await page.route(/\/rpc\/act_on_step(\?|$)/, async route => {
      n_sent += 1;
      if (n_sent === 1) {
        await route.fetch();
        await page.evaluate(() => dispatchEvent(new Event('offline')));
        return route.abort();
      }
      // The next server knows of the key which change it was, and has no answer to it.
      if (n_sent > 2) return route.continue();
      const [{ batchId }] = (await (await fetch(`${url}/api/audit?entity=step&entityId=${step.acme.announce}`)).json()).items;
      await route.fulfill({ status: 409, contentType: 'application/problem+json', json: { batchId } });
    });
  };

  test('is shown, and can be undone', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await page.addInitScript(() => { Math.random = () => 0.5; });
    await open(`/releases/${june}`);
    await connected(page);
    await loseAnswer(page, server.url);
    await cell(page, 'Step 1 Announce, Acme').click();
    await page.keyboard.press('d');
    await expect(said(page, 'Already done by Ana Ferreira')).toBeVisible();
    await expect(cell(page, /Step 1 Announce, Acme, eu-west: done by Ana Ferreira/)).toBeVisible();
    await expect(page.locator('#undo-what')).toHaveText(/^mark done, 1 cell, \d\d:\d\d$/);
    await page.keyboard.press('Control+z');
    await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  });

  test('is what an undo that waited for it undoes', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await page.addInitScript(() => { Math.random = () => 0.5; });
    await open(`/releases/${june}`);
    await connected(page);
    await cell(page, 'Step 1 Announce, Globex').click();
    await page.keyboard.press('d');
    await expect(said(page, 'Marked Announce done for Globex')).toBeVisible();
    await loseAnswer(page, server.url);
    await cell(page, 'Step 1 Announce, Acme').click();
    await page.keyboard.press('d');
    await page.keyboard.press('Control+z');
    await expect(said(page, 'Undid "Mark done" on 1 cell: Announce for Acme')).toBeVisible();
    await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
    await expect(cell(page, /Step 1 Announce, Globex, eu-west: done/)).toBeVisible();
  });
});

test('what was pressed goes away, and the focus stays at the notes or in the panel', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('called');
  await here.getByRole('button', { name: 'Save notes' }).click();
  await expect(said(page, 'Notes saved')).toBeVisible();
  await expect(here.getByRole('button', { name: 'Save notes' })).toHaveCount(0);
  await expect(here.getByLabel('Notes')).toBeFocused();
  await here.getByRole('button', { name: 'Skip…' }).click();
  await page.getByLabel('Reason').fill('not here');
  await page.getByRole('dialog').getByRole('button', { name: 'Skip', exact: true }).click();
  await expect(here.getByRole('button', { name: 'Skip…' })).toHaveCount(0);
  await expect(page.locator(':focus')).toHaveCount(1);
});

// A page on a server that can be stopped and started again; `as` is who else looks on.
async function pageOn(browser: Browser, server: Restarted, path: string, as?: string) {
  const context = await browser.newContext(as ? { extraHTTPHeaders: { 'x-rollcall-user': as } } : {});
  const page = await context.newPage();
  const problems = problemsOf(page, [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/]);
  await page.goto(server.url + path);
  await live(page);
  await connected(page);
  return { page, end: async () => { expect(problems).toEqual([]); await context.close(); } };
}

test.describe('with a server that stops', () => {
  let server: Restarted;

  test.beforeEach(async () => {
    server = new Restarted();
    await server.start();
    await server.fill();
  });

  test.afterEach(() => server.end());

  test('what could not be read is read by itself when it is back', async ({ browser }) => {
    const matrix = await pageOn(browser, server, '/releases/1?step=1');
    const run = await pageOn(browser, server, '/releases/1/customer/1?step=1');
    await expect(panel(matrix.page, 'Announce, Acme')).toBeVisible();
    await server.stop();
    await expect(said(matrix.page, 'Connection lost.')).toBeVisible();
    await cell(matrix.page, 'Upgrade, Acme').click();
    await row(run.page, /Upgrade/).click();
    for (const it of [matrix, run]) await expect(it.page.getByRole('alert')).toContainText('could not be reached');
    await server.start();
    await expect(panel(matrix.page, 'Upgrade, Acme')).toBeVisible({ timeout: 30_000 });
    await expect(run.page.getByRole('heading', { name: 'Upgrade' })).toBeVisible({ timeout: 30_000 });
    await matrix.end();
    await run.end();
  });

  test('in run mode a mark that waits is shown as in the matrix', async ({ browser }) => {
    const { page, end } = await pageOn(browser, server, '/releases/1/customer/1?step=1');
    await server.stop();
    await expect(said(page, 'Connection lost.')).toBeVisible();
    await page.keyboard.press('d');
    await expect(said(page, '1 change waits to be sent.')).toBeVisible();
    await expect(row(page, /Announce/)).toHaveAttribute('aria-busy', 'true');
    await expect(row(page, /Announce/)).toContainText('done');
    await expect(page.locator('.run__step .state-line .state')).toHaveText('Done');
    await server.start();
    await expect(row(page, /Announce/)).not.toHaveAttribute('aria-busy', 'true', { timeout: 30_000 });
    await expect(row(page, /Announce/)).toContainText(/done by Ana Ferreira/);
    await end();
  });

  test('marks of several cells that waited are sent in the order in which they were made', async ({ browser }) => {
    const { page, end } = await pageOn(browser, server, '/releases/1?step=1');
    await expect(panel(page, 'Announce, Acme')).toBeVisible();
    await server.stop();
    await expect(said(page, 'Connection lost.')).toBeVisible();
    await cell(page, 'Announce, Acme').click();
    await page.keyboard.press('i');
    await expect(said(page, '1 change waits to be sent.')).toBeVisible();
    await page.keyboard.press('d');
    await expect(said(page, '2 changes wait to be sent.')).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('d');
    await expect(said(page, '3 changes wait to be sent.')).toBeVisible();
    await server.start();
    await expect(said(page, 'Marked Upgrade done for Acme')).toBeVisible({ timeout: 30_000 });
    expect(await marksOf(server.url)).toEqual(['start 1', 'done 1', 'done 2']);
    await end();
  });

  test('that a step of the template could not be saved is no longer said once the connection is back', async ({ browser }) => {
    const { page, end } = await pageOn(browser, server, '/releases/1/steps');
    await page.getByRole('listitem').getByRole('button', { name: 'Announce', exact: true }).click();
    const name = page.getByLabel('Name', { exact: true });
    await expect(name).toHaveValue('Announce');
    await server.stop();
    await expect(said(page, 'Connection lost.')).toBeVisible();
    await name.fill('Announce it');
    await page.getByRole('button', { name: 'Save changes' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'could not be reached' });
    await expect(alert).toBeVisible();
    await server.start();
    await expect(alert).toHaveCount(0, { timeout: 30_000 });
    await expect(name).toHaveValue('Announce it');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await expect(said(page, 'Saved Announce it')).toBeVisible();
    await end();
  });

  test('who else is here is known again with the stream', async ({ browser }) => {
    const ana = await pageOn(browser, server, '/releases/1');
    const ben = await pageOn(browser, server, '/releases/1', 'Ben Okoro');
    const here = ana.page.getByRole('list', { name: 'Also here' });
    await expect(here).toContainText('Ben Okoro');
    await server.stop();
    for (const it of [ana, ben]) await it.page.locator('html:not([data-live])').waitFor({ state: 'attached' });
    await server.start();
    for (const it of [ana, ben]) await connected(it.page);
    await expect(here).toContainText('Ben Okoro', { timeout: 3_000 });
    await ana.end();
    await ben.end();
  });
});

test('pages whose server goes try to come back spread over five seconds', async ({ page, open }) => {
  await open('/clusters');
  // Ten pages' connections in one, each with another draw; as a text, since a test's own `import` is compiled.
  const waits = await page.evaluate(`(async () => {
    let stream;
    window.EventSource = class { constructor() { stream = this; } addEventListener() {} close() {} };
    const [random, later] = [Math.random, window.setTimeout];
    const waits = [];
    for (let n = 0; n < 10; n++) {
      const { start } = await import('/live.js?page=' + n);
      start(undefined, '');
      Math.random = () => n / 10;
      const asked = [];
      window.setTimeout = (_, wait) => { asked.push(wait); return 0; };
      try { stream.onerror(); } finally { [Math.random, window.setTimeout] = [random, later]; }
      waits.push(asked[0]);
    }
    return waits;
  })()`);
  expect(waits).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500]);
});
