// Every page of the demo: no console error, no accessibility violation (axe), light and dark; the size of the first load; and
// the program runs from one file.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { act, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const paths = ['/', '/clusters', '/clusters?q=nobody', '/clusters/new', '/clusters/1', '/clusters/1/edit', '/customers', '/customers?includeInactive=true&sort=-variables',
  '/customers/new', '/customers/new?paste', '/customers/new?rancher', '/customers/5', '/customers/5/edit', '/customers/999', '/nowhere', '/activity?action=activate', '/activity?person=Nobody',
  '/releases', '/releases?status=active', '/releases/new', '/releases/2', '/releases/2?step=60', '/releases/2/edit', '/releases/2/hooks', '/releases/2/steps', '/releases/2/customer/5', '/releases/3', '/activity',
  '/runs', '/runs?state=failed', '/runners', '/webhooks', '/webhooks/new'];

// Dialogs and what opens on a page: where, and how one gets there.
const opened: [string, (page: Page) => Promise<void>][] = [
  ['/', async page => { await page.getByRole('button', { name: /^You: / }).click(); }],
  ['/releases/3', async page => {
    await page.getByRole('button', { name: 'Activate…' }).click();
    await page.getByRole('dialog').getByRole('checkbox').first().check();
    await page.getByRole('dialog').locator('[aria-busy=true]').waitFor({ state: 'detached' });
  }],
  ['/releases/3', async page => { await page.getByRole('button', { name: 'Clone…' }).click(); }],
  ['/releases/3', async page => { await page.getByRole('button', { name: 'Delete draft' }).click(); }],
  ['/releases/2', async page => { await page.getByRole('button', { name: 'Add customers…' }).click(); }],
  ['/releases/2', async page => { await page.locator('summary', { has: page.locator('[href="#i-more"]') }).click(); }],
  ['/customers/new', async page => {
    await page.getByRole('button', { name: 'Add variable' }).click();
    await page.getByLabel('Key', { exact: true }).fill('1');
    await page.getByRole('button', { name: 'Create customer' }).click();
    await page.getByRole('alert').waitFor();
  }],
  ['/releases/new', async page => {
    await page.getByRole('button', { name: '2. Steps' }).click();
    await page.getByRole('radio', { name: 'Imported from a Markdown runbook' }).check();
    await page.getByLabel('Runbook in Markdown').fill('## Look\n\n```bash\ntrue\n```\n');
    await page.getByLabel('Name of step 1').waitFor();
  }],
  ['/releases/new', async page => {
    await page.getByRole('button', { name: '2. Steps' }).click();
    await page.getByRole('radio', { name: 'Cloned from another release' }).check();
    await page.getByLabel('Release to clone').selectOption({ index: 1 });
    await page.getByRole('group', { name: 'Steps to copy' }).waitFor();
  }],
  ['/releases/new', async page => {
    await page.getByRole('button', { name: '3. Customers' }).click();
    await page.getByRole('button', { name: 'Select all', exact: true }).click();
    await page.getByText(/^Activates for/).waitFor();
  }],
  ['/customers/new?paste', async page => {
    await page.getByLabel('Customers (one per line)').fill('Hooli, hooli\nWrong\nkube-system');
    await page.getByRole('table').waitFor();
  }],
  ['/activity', async page => { await page.locator('ol.log > li > .kept > summary').first().click(); }],
];

test.describe('the demo', () => {
  // Two of the addresses lead nowhere, and say so.
  test.use({ arguments: ['--demo'], faults: [/status of 404/] });
  test('axe finds nothing in any dialog', async ({ page, open }) => {
    test.setTimeout(300_000);
    const problems: string[] = [];
    for (const [path, show] of opened) {
      await open(path);
      await show(page);
      problems.push(...await violations(page, `${path} ${show}`));
    }
    expect(problems).toEqual([]);
  });
  test('axe finds nothing on any page', async ({ page, open }) => {
    test.setTimeout(300_000);
    const problems: string[] = [];
    for (const path of paths) {
      await open(path);
      problems.push(...await violations(page, path));
    }
    expect(problems).toEqual([]);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, arguments: ['--demo'], faults: [/status of 404/] });
  test('no page is wider than the window', async ({ page, open }) => {
    const wide: string[] = [];
    for (const path of paths) {
      await open(path);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) wide.push(`${path}: ${over}px`);
    }
    expect(wide).toEqual([]);
  });
});

// What a first visit brings over the wire: the sum, and a line for each file, the largest first.
async function weigh(page: Page, path: string, url: string) {
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  const names = new Map<string, string>();
  const files: [number, string][] = [];
  client.on('Network.responseReceived', event => names.set(event.requestId, new URL(event.response.url).pathname));
  client.on('Network.loadingFinished', event => files.push([event.encodedDataLength, names.get(event.requestId) ?? '']));
  await page.goto(url + path);
  await live(page);
  // The connection is loaded once the page is interactive.
  const bytes = files.filter(it => !['/live.js', '/waiting.js', '/missing_parts.js', '/presence.js', '/run_cells.js'].includes(it[1])).reduce((sum, it) => sum + it[0], 0);
  const lines = files.sort((a, b) => b[0] - a[0]).map(it => `\n  ${(it[0] / 1000).toFixed(1).padStart(6)} kB ${it[1]}`);
  console.log(`first load of ${path}: ${(bytes / 1000).toFixed(1)} kB over the wire${lines.join('')}`);
  return bytes;
}

test('the matrix page weighs less than 350 kB, everything over the wire', async ({ page, server }) => {
  const world = await activeJune(server);
  const bytes = await weigh(page, `/releases/${world.june}`, server.url);
  await expect(page.getByRole('grid')).toBeVisible();
  expect(bytes).toBeLessThan(350_000);
});

test('every page but those that show a step of a customer weighs less than 400 kB', async ({ browser, server }) => {
  const world = await activeJune(server);
  const draft = await server.call('create_release', { draft: { name: 'July', type: 'release', versionNumber: '7.0' } });
  await server.call('add_template', { release: draft, draft: { name: 'Stop', category: 'deploy', type: 'text', content: 'Stop.', description: '' }, place: 'Last' });
  const heavy: string[] = [];
  const paths = [
    '/', '/customers', `/customers/${world.acme}`, '/clusters', '/releases', '/activity',
    '/customers/new?paste', '/clusters/new', `/releases/${world.june}/edit`, '/releases/new',
    '/account', '/users', '/runs', '/runners', '/webhooks', '/webhooks/new', `/releases/${world.june}/hooks`, `/releases/${world.june}/steps`,
    `/releases/${draft}`,
  ];
  for (const path of paths) {
    // A context of its own: nothing is cached from the page before.
    const context = await browser.newContext();
    const bytes = await weigh(await context.newPage(), path, server.url);
    if (bytes >= 400_000) heavy.push(`${path}: ${bytes}`);
    await context.close();
  }
  expect(heavy).toEqual([]);
});

test('the pages that show a step of a customer do not grow: what they weigh is printed, part by part', async ({ browser, server }) => {
  const world = await activeJune(server);
  const limits = { [`/releases/${world.june}/customer/${world.acme}`]: 475_000, [`/releases/${world.june}?step=1`]: 515_000 };
  for (const [path, limit] of Object.entries(limits)) {
    const context = await browser.newContext();
    expect(await weigh(await context.newPage(), path, server.url)).toBeLessThan(limit);
    await context.close();
  }
});

test('one file in an empty folder is a whole Rollcall', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-alone-'));
  copyFileSync(resolve(process.env.ROLLCALL_PROGRAM ?? '../target/release/rollcall'), join(folder, 'rollcall'));
  const child = spawn('./rollcall', { cwd: folder, env: { NO_COLOR: '1', ROLLCALL_ADDR: '127.0.0.1:0', ROLLCALL_USER: 'Ana' }, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await new Promise<string>((found, failed) => {
    let log = '';
    child.stderr.on('data', chunk => {
      log += chunk;
      const address = log.match(/Rollcall is at (http:\/\/\S+)/);
      if (address) found(address[1]);
    });
    child.on('exit', () => failed(new Error(log)));
  });
  const page = await (await fetch(url)).text();
  const parts = [...page.matchAll(/\/pkg\/[^"\\]+\.(?:css|js|wasm)/g)].map(it => it[0]);
  expect(new Set(parts.map(it => it.split('.').pop()))).toEqual(new Set(['css', 'js', 'wasm']));
  for (const part of new Set(parts)) {
    const answer = await fetch(url + part, { headers: { 'accept-encoding': 'br' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-encoding')).toBe('br');
    // Clients that do not take brotli get the same.
    const plain = await fetch(url + part, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(Buffer.from(await plain.arrayBuffer()).equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
  }
  child.removeAllListeners('exit');
  const clean = new Promise<number | null>(done => child.once('exit', done));
  child.kill('SIGINT');
  expect(await clean).toBe(0);
  expect(execFileSync('ls', [join(folder, 'data')]).toString().trim()).toBe('app.db');
  rmSync(folder, { recursive: true });
});

test('links of Main are named by their word alone', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/');
  const main = page.getByRole('navigation', { name: 'Main' });
  for (const name of ['Dashboard', 'Releases', 'Customers', 'Clusters', 'Activity'])
    await expect(main.getByRole('link', { name, exact: true })).toBeVisible();
  await expect(main.getByText('3', { exact: true })).toBeVisible();
});

test('at midnight a time gets its date, without a reload', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', act(step.acme.announce, 'done'));
  await page.clock.install();
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
  await expect(panel.getByText(/^Ana Ferreira at \d\d:\d\d$/)).toBeVisible();
  await page.clock.fastForward('24:01:00');
  await expect(panel.getByText(/^Ana Ferreira at \d+ \w{3}, \d\d:\d\d$/)).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Announce, Acme, eu-west: done by Ana Ferreira,? \d+ \w{3}, \d\d:\d\d/ })).toBeVisible();
});

for (const [locale, time, date] of [['en-US', /^Ana Ferreira at \d\d:\d\d\s[AP]M$/, 'November 20, 2026'], ['de-DE', /^Ana Ferreira at \d\d:\d\d$/, '20. November 2026']] as const)
  test.describe(`in ${locale}`, () => {
    test.use({ locale, timezoneId: 'America/New_York' });
    test('times and dates have the form of the person\'s own language', async ({ page, open, server }) => {
      const { june } = await activeJune(server);
      await server.call('act_on_step', act(step.acme.announce, 'done'));
      await server.call('create_release', { draft: { name: 'July', type: 'release', releaseDate: '2026-11-20' } });
      await open(`/releases/${june}?step=${step.acme.announce}`);
      await expect(page.getByRole('complementary', { name: 'Announce, Acme' }).getByText(time)).toBeVisible();
      await open('/releases');
      await expect(page.getByRole('row', { name: /July/ }).locator('time')).toHaveText(date);
    });

    test('paper has the times of the person too, and names their zone', async ({ page, server }) => {
      const { june } = await activeJune(server);
      await server.call('act_on_step', act(step.acme.announce, 'fail', 'no answer'));
      await page.goto(`${server.url}/releases/${june}?view=print`);
      const head = page.locator('header time');
      for (const it of [head, page.getByRole('listitem').filter({ hasText: 'no answer' }).locator('time')]) {
        const at = new Date((await it.getAttribute('datetime'))!);
        await expect(it).toContainText(at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', timeZone: 'America/New_York' }));
        await expect(it).not.toContainText('UTC');
      }
      await expect(head).toHaveText(/(E[SD]T|GMT.[45])$/);
    });
  });

test('clusters of one colour are told apart by a mark', async ({ page, open, server }) => {
  for (let n = 1; n <= 9; n++) await server.call('create_cluster', { draft: { name: `c${n}` } });
  await open('/clusters');
  const place = (name: string) => page.locator('.place', { hasText: name });
  const band = (name: string) => place(name).evaluate(it => getComputedStyle(it, '::before').backgroundImage);
  const ink = (name: string) => place(name).evaluate(it => getComputedStyle(it).color);
  expect(await ink('c9')).toBe(await ink('c1'));
  expect(await band('c9')).not.toBe(await band('c1'));
});

test('after a navigation the heading has the focus, and on a form its first field', async ({ page, open }) => {
  await open('/clusters/new');
  const heading = (name: string) => page.getByRole('heading', { level: 1, name });
  await expect(heading('New cluster')).not.toBeFocused();
  await page.getByLabel('Name', { exact: true }).fill('eu-west');
  await page.getByLabel('Kubeconfig path').fill('/etc/x');
  await page.getByRole('button', { name: 'Create cluster' }).press('Enter');
  await expect(heading('eu-west')).toBeFocused();
  await page.locator('main').getByRole('link', { name: 'Clusters' }).press('Enter');
  await expect(heading('Clusters')).toBeFocused();
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Releases' });
  await link.press('Enter');
  await expect(heading('Releases')).toBeFocused();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(heading('Customers')).toBeFocused();
  await page.locator('main').getByRole('link', { name: 'New customer' }).first().press('Enter');
  await expect(heading('New customer')).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
});

test('a form begins with its first field also where the heading got the focus of the page before', async ({ page, open, server }) => {
  await server.call('create_cluster', { draft: { name: 'eu-west' } });
  await open('/customers');
  // As on a machine where the page takes long to be painted.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const heading = document.querySelector('h1');
      if (heading?.textContent !== 'New customer') return;
      heading.tabIndex = -1;
      heading.focus();
      observer.disconnect();
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await page.locator('main').getByRole('link', { name: 'New customer' }).first().press('Enter');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
});

test('in forced colours the present page and what is pressed are told from the others', async ({ page, open }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await open('/clusters');
  const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
  const background = (name: string) => links.filter({ hasText: name }).evaluate(it => getComputedStyle(it).backgroundColor);
  expect(await background('Clusters')).not.toBe(await background('Releases'));
});
