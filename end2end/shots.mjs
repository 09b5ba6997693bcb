// ./dev shots: takes the screenshots of docs/guide.md and of the README in Debian's Chromium from the release build with its
// demo, at 1440 x 900, in light and dark. The clock of the program and of the pages is stopped, so a picture changes only
// when its page does. A console error, a page error or an unexpected page ends the run with exit code 1.
//
// `node shots.mjs FOLDER`, as ./dev test runs it, puts them there instead, as large as they are: only whether each can be taken matters.
import { chromium } from '@playwright/test';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.ROLLCALL_PROGRAM ?? '../target/release/rollcall';
const root = fileURLToPath(new URL('..', import.meta.url));
const trial = process.argv[2];
const pictures = trial ?? join(root, 'docs/pictures');
// The README's picture is one of these.
const readme = { of: 'panel-light', at: join(root, '.github/matrix.png') };

const NOW = '2026-11-18 14:30:00';
const NOW_MS = Date.parse(`${NOW.replace(' ', 'T')}Z`);
const START_TIMEOUT_MS = 60_000;
const PAGE_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const BETWEEN_LOOKS_MS = 150;
const LOOKS_MAX = 40;
const BYTES_MAX = 1_000_000;

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

// What makes the program see a clock that stands still: Debian's libfaketime, loaded before it. Timers go on. Without the
// library the clock is the real one, and pictures differ in their times.
function frozenClock() {
  for (const folder of readdirSync('/usr/lib')) {
    const library = join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1');
    if (existsSync(library)) {
      return { LD_PRELOAD: library, FAKETIME: NOW, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1', TZ: 'UTC' };
    }
  }
  return undefined;
}

// The program on a database of its own, filled with the demo. The person has changed nothing yet, so that no picture depends
// on what could be undone.
async function serve(folder, clock) {
  const env = { PATH: process.env.PATH, NO_COLOR: '1', DATABASE_URL: `sqlite://${folder}/app.db`, ROLLCALL_ADDR: '127.0.0.1:0', ROLLCALL_USER: 'Lena Brandt', ...clock };
  const child = spawn(program, ['--demo'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise(done => child.once('close', done));
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await new Promise((found, failed) => {
    let log = '';
    const timer = setTimeout(() => failed(new Error(`the program did not start within ${START_TIMEOUT_MS / 1000} s: ${log}`)), START_TIMEOUT_MS);
    child.once('error', error => failed(new Error(`${program} cannot be started: ${error.message}`)));
    child.once('close', code => failed(new Error(`the program ended with ${code}: ${log}`)));
    child.stderr.on('data', chunk => {
      if (log.length < 10_000) log += chunk;
      const address = log.match(/Rollcall is at (http:\/\/127\.0\.0\.1:\d+)/);
      if (!address) return;
      clearTimeout(timer);
      found(address[1]);
    });
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

// The items of a list of the REST interface.
async function items(url, path) {
  const answer = await fetch(`${url}${path}?limit=500`);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  return (await answer.json()).items;
}

function one(list, what, is) {
  const found = list.find(is);
  if (!found) throw new Error(`the demo has no ${what}`);
  return found.id;
}

// Where the pictures are: ids in the demo, by name.
async function places(url) {
  const releases = await items(url, '/api/releases');
  const active = one(releases, 'active release', it => it.status === 'active');
  const draft = one(releases, 'draft', it => it.status === 'draft');
  const members = await items(url, `/api/releases/${active}/customers`);
  const step = async (customer, name) => {
    const id = one(members, `customer ${customer}`, it => it.name === customer);
    const steps = await items(url, `/api/releases/${active}/customers/${id}/steps`);
    return { customer: id, step: one(steps, `step ${name} for ${customer}`, it => it.name === name) };
  };
  return { active, draft, panel: await step('Kestrel Energy', 'Helm upgrade api'), run: await step('Lumen Health', 'Helm upgrade workers') };
}

// The pictures: where each is taken, and what has to be there or to be done before.
const views = [
  { name: 'dashboard', path: () => '/', ready: page => page.getByRole('region', { name: 'Active releases' }).waitFor() },
  { name: 'matrix', path: at => `/releases/${at.active}`, ready: marked },
  {
    name: 'panel',
    path: at => `/releases/${at.active}?step=${at.panel.step}`,
    ready: async page => {
      await page.getByRole('complementary', { name: 'Helm upgrade api, Kestrel Energy' }).waitFor();
      await marked(page);
    },
  },
  {
    name: 'run',
    path: at => `/releases/${at.active}/customer/${at.run.customer}?step=${at.run.step}`,
    ready: page => page.getByRole('heading', { level: 2, name: 'Helm upgrade workers', exact: true }).waitFor(),
  },
  {
    name: 'paste',
    path: () => '/customers/new?paste',
    ready: async page => {
      await page.getByLabel('Customers (one per line)').fill(PASTED);
      await page.getByRole('table', { name: 'Result per line' }).waitFor();
      await gone(page.locator('[aria-busy="true"]'));
    },
  },
  {
    name: 'activate',
    path: at => `/releases/${at.draft}`,
    ready: async page => {
      await page.getByRole('button', { name: 'Activate…' }).click();
      const dialog = page.getByRole('dialog', { name: /^Activate / });
      for (const cluster of [/^prod-ap/, /^staging/]) await dialog.getByRole('checkbox', { name: cluster }).check();
      await dialog.getByRole('table', { name: 'Unresolved variables' }).waitFor();
      await gone(dialog.locator('[aria-busy="true"]'));
    },
  },
  {
    name: 'steps',
    path: at => `/releases/${at.draft}/steps`,
    ready: async page => {
      await page.getByRole('listitem').getByRole('button', { name: 'Configure mail relay', exact: true }).click();
      await page.getByLabel('Preview for').selectOption({ label: 'Merlion Freight, prod-ap' });
      await page.getByRole('region', { name: 'Text for Merlion Freight' }).waitFor();
    },
  },
];

// Rows of a spreadsheet: new customers, one that changes, and one with an error.
const PASTED = `name\tnamespace\tcluster\tCDN_ZONE
Aurora Labs\taurora-labs\tprod-eu\tz-aurora
Bluebird Air\tbluebird\tprod-eu\tz-bluebird
Kestrel Energy\tkestrel-energy\tprod-eu\tz-kestrel-2
Tundra Outdoor\ttundra\tprod-ap\tz-tundra
Vega Robotics\tVega Robotics\tprod-ap\tz-vega
`;

function gone(locator) {
  return locator.first().waitFor({ state: 'detached' });
}

// Who is on a cell is asked for once the page is live: until then a cell in progress has no initials.
async function marked(page) {
  await page.locator('td.cell[data-state="in_progress"]').first().waitFor();
  await gone(page.locator('td.cell[data-state="in_progress"]:not([data-initials]):not([data-group])'));
}

async function launch() {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error('Chromium is not installed: apt-get install chromium');
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet, '--force-color-profile=srgb', '--font-render-hinting=none'] });
}

// A context for one theme; `isFrozen` gives its pages the program's clock. It is handed to the browser as text.
async function dressed(browser, colorScheme, isFrozen) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  if (isFrozen) {
    await context.addInitScript(now => {
      const Real = Date;
      globalThis.Date = class extends Real {
        constructor(...given) {
          super(...(given.length === 0 ? [now] : given));
        }

        static now() {
          return now;
        }
      };
    }, NOW_MS);
  }
  return context;
}

// Pictures until two in a row are the same: fonts have come, and nothing moves any more.
async function still(page) {
  await page.evaluate(async () => {
    document.activeElement?.blur();
    await document.fonts.ready;
  });
  // Into the empty middle of the sidebar: nothing is hovered over.
  await page.mouse.move(2, 500);
  let before;
  for (let n = 0; n < LOOKS_MAX; n++) {
    await pause(BETWEEN_LOOKS_MS);
    const now = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' });
    if (before?.equals(now)) return now;
    before = now;
  }
  throw new Error(`the page does not come to rest: ${page.url()}`);
}

// 256 colours are enough for a page, and take about a third of the bytes. Without pngquant the picture stays as it is.
let hasWarned = false;
function small(png) {
  const made = spawnSync('pngquant', ['--quality=70-98', '--speed=1', '--strip', '-'], { input: png, maxBuffer: 64 * 1024 * 1024 });
  if (made.status === 0 && made.stdout.length < png.length) return made.stdout;
  if (made.error && !hasWarned) {
    hasWarned = true;
    process.stderr.write('shots: pngquant is not installed, the pictures are larger than they need to be\n');
  }
  return png;
}

async function take(context, url, at, view, name) {
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const problems = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', error => problems.push(`page error: ${error}`));
  try {
    await page.goto(url + view.path(at));
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    await view.ready(page);
    const seen = await still(page);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    const picture = trial ? seen : small(seen);
    writeFileSync(join(pictures, `${name}.png`), picture);
    if (name === readme.of && !trial) writeFileSync(readme.at, picture);
    process.stdout.write(`${String(Math.round(picture.length / 1000)).padStart(5)} kB  ${name}.png\n`);
    return picture.length;
  } finally {
    await page.close();
  }
}

async function main() {
  const clock = frozenClock();
  if (!clock) process.stderr.write('shots: libfaketime is not installed, the times in the pictures are those of now\n');
  mkdirSync(pictures, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-shots-'));
  let failed = 0;
  let taken = 0;
  let bytes = 0;
  let server;
  let browser;
  try {
    server = await serve(folder, clock);
    const at = await places(server.url);
    browser = await launch();
    for (const scheme of ['light', 'dark']) {
      const context = await dressed(browser, scheme, clock !== undefined);
      for (const view of views) {
        const name = `${view.name}-${scheme}`;
        try {
          bytes += await take(context, server.url, at, view, name);
          taken += 1;
        } catch (error) {
          // The others are still worth taking.
          failed += 1;
          process.stderr.write(`shots: ${name}: ${error.stack ?? error}\n`);
        }
      }
      await context.close();
    }
  } finally {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  // All of them travel in the binary.
  if (!trial && bytes > BYTES_MAX) {
    failed += 1;
    process.stderr.write(`shots: the pictures take ${bytes} bytes, and may take ${BYTES_MAX}\n`);
  }
  // In the form that ./dev test counts.
  process.stdout.write(`  ${taken} passed\n  ${failed} failed\n`);
  return failed;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

main().then(
  failed => process.exit(failed > 0 ? 1 : 0),
  error => {
    process.stderr.write(`shots: ${error.stack ?? error}\n`);
    process.exit(1);
  },
);
