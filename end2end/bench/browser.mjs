// Browser benchmarks in Debian's Chromium, with a window of 1920 x 1080, and the processor slowed down four times where a
// figure says "at 4x". A figure that a page does not support is reported as such and fails nothing.
import { chromium } from '@playwright/test';
import { existsSync } from 'node:fs';
import { BYTES, MILLISECONDS, NotThere, figure, part, say } from './figures.mjs';
import { pause } from './machine.mjs';
import { recorder } from './recorder.mjs';

export const SLOWER = 4;
const PAINT = 32;
const LETTER = 50;
const LONGEST_TASK = 150;
const LIVE = 1000;

export async function launch() {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new NotThere('Chromium is not installed');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}

// A page with a cache of its own.
export async function visit(browser, { slower = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  await context.addInitScript(recorder);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', error => say(`page error: ${error}`));
  const client = await context.newCDPSession(page);
  if (slower > 1) await client.send('Emulation.setCPUThrottlingRate', { rate: slower });
  return { context, page, client };
}

export async function open(page, url) {
  await page.goto(url);
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached', timeout: 30_000 });
}

// Sends an event. Returns the milliseconds until a paint shows its result; null if none does.
export async function toPaint(page, type, condition, argument, act) {
  await page.evaluate(([type, condition, argument]) => window.__bench.arm(type, condition, argument), [type, condition, argument]);
  await act();
  return page.evaluate(() => window.__bench.result);
}

export function shownOnly(values, what) {
  const shown = values.filter(it => it !== null);
  if (shown.length < values.length) say(`${values.length - shown.length} of ${values.length} were never shown: ${what}`);
  if (shown.length < Math.max(1, values.length / 2)) throw new NotThere(`most of it was never shown: ${what}`);
  return shown;
}

// The baseline: a key that changes one letter of an empty page.
export async function floor(browser, server) {
  const { context, page } = await visit(browser, { slower: SLOWER });
  try {
    await page.goto(`${server.url}/robots.txt`);
    await page.evaluate(() => {
      document.body.innerHTML = '<button id="only">0</button>';
      const button = document.getElementById('only');
      button.addEventListener('keydown', () => { button.textContent = String(Number(button.textContent) + 1); });
      button.focus();
    });
    const values = [];
    for (let n = 0; n < 23; n++) values.push(await toPaint(page, 'keydown', 'counted', null, () => page.keyboard.press('a')));
    const loop = [];
    for (let n = 0; n < 5; n++) loop.push(await page.evaluate(() => window.__bench.loop()));
    const frames = [];
    for (let n = 0; n < 11; n++) {
      frames.push(await page.evaluate(async () => {
        const start = performance.now();
        await window.__bench.frames(2);
        return performance.now() - start;
      }));
    }
    return {
      key: { what: 'a key on an empty page', values: shownOnly(values.slice(3), 'a key on an empty page') },
      loop: { what: 'a fixed loop of script', values: loop },
      frames: { what: 'two frames of an empty page', values: frames },
    };
  } finally {
    await context.close();
  }
}

// The first load, as it comes over the wire; by kind of file.
export async function weigh(browser, server, path) {
  const { context, page, client } = await visit(browser);
  try {
    await client.send('Network.enable');
    const urls = new Map();
    const files = [];
    client.on('Network.responseReceived', it => urls.set(it.requestId, new URL(it.response.url)));
    client.on('Network.loadingFinished', it => {
      const url = urls.get(it.requestId);
      if (url?.protocol.startsWith('http')) files.push({ path: url.pathname, bytes: it.encodedDataLength, kind: kindOf(url.pathname) });
    });
    await open(page, server.url + path);
    await pause(1000);
    return files;
  } finally {
    await context.close();
  }
}

function kindOf(path) {
  if (path.startsWith('/rpc/') || path.startsWith('/api/')) return 'asked for later';
  // A bundle has all the WASM of a page.
  if (/\/bundle_[^/]*\.bin$/.test(path)) return 'wasm';
  const ending = path.match(/\.(wasm|js|css|svg|txt|ico)$/)?.[1];
  return ending === undefined ? 'html' : ['wasm', 'js', 'css'].includes(ending) ? ending : 'other';
}

export function byKind(files) {
  const kinds = {};
  for (const it of files) kinds[it.kind] = (kinds[it.kind] ?? 0) + it.bytes / 1000;
  return kinds;
}

export async function firstLoad(browser, data, server) {
  const files = await weigh(browser, server, `/releases/${data.release}`);
  const kinds = byKind(files);
  const later = kinds['asked for later'] ?? 0;
  const all = Object.values(kinds).reduce((sum, it) => sum + it, 0) - later;
  figure({ name: 'first load of the matrix page, over the wire', size: data.name, values: all, unit: BYTES, target: 350 });
  for (const kind of ['wasm', 'js', 'css', 'html']) figure({ name: `  of which ${kind}`, size: data.name, values: kinds[kind] ?? 0, unit: BYTES });
  figure({ name: 'asked for after the first load', size: data.name, values: later, unit: BYTES });
  return files;
}

export async function hydration(browser, data, server, baselines) {
  const [longest, count, live] = [[], [], []];
  for (let n = 0; n < 3; n++) {
    const { context, page } = await visit(browser, { slower: SLOWER });
    try {
      const began = performance.now();
      await open(page, `${server.url}/releases/${data.release}`);
      live.push(performance.now() - began);
      await pause(1500);
      const tasks = await page.evaluate(() => window.__bench.tasks);
      longest.push(Math.max(0, ...tasks.map(it => it.long)));
      count.push(tasks.filter(it => it.long > 200).length);
      say(`tasks over 50 ms: ${tasks.map(it => `${it.long.toFixed(0)} at ${it.start.toFixed(0)}`).join(', ') || 'none'}`);
    } finally {
      await context.close();
    }
  }
  figure({ name: 'hydration at 4x: the longest task', size: data.name, values: longest, unit: MILLISECONDS, baseline: baselines.loop, target: target(data) && LONGEST_TASK });
  figure({ name: 'hydration at 4x: tasks over 200 ms', size: data.name, values: count, unit: '' });
  figure({ name: 'hydration at 4x: until the page is live', size: data.name, values: live, unit: MILLISECONDS, baseline: baselines.loop, target: target(data) && LIVE });
}

// The nodes of the whole document, at the start of the grid and in its middle, where there is something beyond every edge.
export async function nodes(browser, data, server) {
  const { context, page } = await visit(browser);
  try {
    await open(page, `${server.url}/releases/${data.release}`);
    for (const density of ['compact', 'default', 'roomy']) {
      const button = page.getByRole('button', { name: density, exact: true });
      if ((await button.count()) === 0) throw new NotThere(`there is no density ${density}`);
      await button.click();
      const counts = [];
      for (const part of [0, 0.5]) {
        counts.push(await page.evaluate(async part => {
          const pane = document.querySelector('.matrix');
          pane.scrollTo({ left: (pane.scrollWidth - pane.clientWidth) * part, top: (pane.scrollHeight - pane.clientHeight) * part, behavior: 'instant' });
          await window.__bench.frames(6);
          return window.__bench.nodes();
        }, part));
      }
      const most = counts.reduce((a, b) => (a.all > b.all ? a : b));
      figure({ name: `nodes in the document, ${density}`, size: data.name, values: most.all, unit: '', target: 6000, note: `${most.elements} elements` });
    }
  } finally {
    await context.close();
  }
}

export async function interaction(browser, data, server, baselines) {
  const { context, page } = await visit(browser, { slower: SLOWER });
  try {
    await open(page, `${server.url}/releases/${data.release}`);
    await pause(1500);
    if ((await page.locator('.matrix td.cell[data-state]').count()) === 0) throw new NotThere('the page has no cells');
    for (const [name, work] of [['click', click], ['arrow keys', arrows], ['mark', mark], ['scrolling', scrolling]]) {
      await part(name, data.name, () => work(page, data, baselines));
    }
  } finally {
    await context.close();
  }
}

const target = data => (data.name === '1000x100' ? PAINT : null);

async function click(page, data, baselines) {
  const cells = await page.evaluate(() => window.__bench.cells(20));
  if (cells.length < 3) throw new NotThere('no cell can be seen');
  const values = [];
  for (const cell of cells) {
    values.push(await toPaint(page, 'click', 'selected', { r: cell.r, c: cell.c }, () => page.mouse.click(cell.x, cell.y)));
  }
  figure({ name: 'click to paint, at 4x', size: data.name, values: shownOnly(values.slice(2), 'the selection of a cell'), unit: MILLISECONDS, baseline: baselines.key, target: target(data) });
}

async function arrows(page, data, baselines) {
  await page.keyboard.press('Control+Home');
  await pause(300);
  const keys = [['ArrowDown', 12], ['ArrowRight', 36], ['ArrowLeft', 36], ['ArrowUp', 12]];
  const values = [];
  for (const [key, n] of keys) {
    for (let pressed = 0; pressed < n; pressed++) values.push(await toPaint(page, 'keydown', 'moved', null, () => page.keyboard.press(key)));
  }
  figure({ name: 'arrow key to paint, at 4x', size: data.name, values: shownOnly(values.slice(3), 'the keyboard in the next cell'), unit: MILLISECONDS, baseline: baselines.key, target: target(data) });
}

async function mark(page, data, baselines) {
  await page.keyboard.press('Control+Home');
  const values = [];
  for (let tries = 0; tries < 60 && values.length < 14; tries++) {
    await page.keyboard.press('n');
    await page.evaluate(() => window.__bench.frames(4));
    const at = await page.evaluate(() => window.__bench.focused());
    if (!at || at.state === 'done' || at.marks.includes('unresolved')) continue;
    const answered = page.waitForResponse(it => it.url().includes('/rpc/act_on_step'), { timeout: 8000 }).catch(() => null);
    values.push(await toPaint(page, 'keydown', 'state', { r: at.r, c: at.c, state: 'done' }, () => page.keyboard.press('d')));
    await answered;
    await page.evaluate(() => window.__bench.frames(4));
  }
  if (values.length < 5) throw new NotThere(`only ${values.length} open cells were found by the key n`);
  figure({ name: 'mark (d) to paint, at 4x', size: data.name, values: shownOnly(values.slice(2), 'the cell as done'), unit: MILLISECONDS, baseline: baselines.key, target: target(data) });
}

async function scrolling(page, data, baselines) {
  const found = await page.evaluate(() => window.__bench.scroll());
  if (found.steps === 0) throw new NotThere('the grid does not scroll');
  say(`${found.steps} steps over ${Math.round(found.wide)} x ${Math.round(found.high)} pixels, ${found.blank} with a blank after two frames, at most ${found.most} of 64 places`);
  figure({ name: 'scroll step, at 4x: two frames', size: data.name, values: found.times, unit: MILLISECONDS, baseline: baselines.frames });
  figure({ name: 'scrolling at 4x: steps with a blank after two frames', size: data.name, values: found.blank, unit: '', note: `of ${found.steps}` });
  figure({ name: 'scrolling at 4x: the longest blank after two frames', size: data.name, values: found.lasted, unit: MILLISECONDS, target: target(data) && 100 });
}

// Types letters and deletes them again. Each key changes the rows that are shown.
async function typing(page, condition, letters) {
  const values = [];
  for (let round = 0; round < 3; round++) {
    for (const key of [...letters, ...[...letters].map(() => 'Backspace')]) {
      values.push(await toPaint(page, 'keydown', condition, null, () => page.keyboard.press(key)));
    }
  }
  return values.slice(letters.length);
}

async function filtering(browser, url, name, data, baselines, condition, reach) {
  const { context, page } = await visit(browser, { slower: SLOWER });
  try {
    await open(page, url);
    await pause(500);
    const field = await reach(page);
    if ((await field.count()) === 0) throw new NotThere('the page has no such field');
    await field.first().focus();
    const values = shownOnly(await typing(page, condition, 'kes'), 'fewer entries after a letter');
    figure({ name, size: data.name, values, unit: MILLISECONDS, baseline: baselines.key, target: target(data) && LETTER });
  } finally {
    await context.close();
  }
}

export const customerFilter = (browser, data, server, baselines) =>
  filtering(browser, `${server.url}/customers`, 'letter in the filter of customers, at 4x', data, baselines, 'narrowed', page => page.getByLabel('Filter customers'));

export const matrixFilter = (browser, data, server, baselines) =>
  filtering(browser, `${server.url}/releases/${data.release}`, 'letter in the filter of the matrix, at 4x', data, baselines, 'columns', page => page.getByLabel('Filter customers'));

export const dialogFilter = (browser, data, server, baselines) =>
  filtering(browser, `${server.url}/releases/${data.draft}`, 'letter in the filter of the activation, at 4x', data, baselines, 'narrowed', async page => {
    const button = page.getByRole('button', { name: 'Activate…' });
    if ((await button.count()) === 0) throw new NotThere('there is no button Activate…');
    await button.first().click();
    const field = page.getByRole('dialog').getByLabel('Filter customers');
    await field.first().waitFor({ timeout: 15_000 }).catch(() => {});
    return field;
  });
