// ./dev bench: measures speed, size and memory of the release build on copies of the databases that
// `cargo bench -p server --bench store -- --make FOLDER` creates. Uses the loopback interface only and writes only into that
// folder. The table and one JSON line a figure go to standard output, progress to standard error. A figure that misses its
// target fails nothing; the exit code is 1 only if a measurement breaks.
import { readFileSync } from 'node:fs';
import os from 'node:os';
import * as browsers from './browser.mjs';
import { check, scoped } from './check.mjs';
import { figure, growth, lines, missing, part, summary, table } from './figures.mjs';
import { copyOf, endAll, has, kindOfDisk, program, read, run, serve } from './machine.mjs';
import { output } from './runs.mjs';
import * as servers from './server.mjs';
import { restarted, streams } from './streams.mjs';
import { describe } from './weights.mjs';

const LIMIT = 9.5 * 60_000;
const SIZES = { '50x30': 1_500, '500x60': 30_000, '1000x100': 100_000 };
const began = performance.now();
const folder = process.argv[2];

if (!folder) {
  process.stderr.write('bench: say in which folder the databases are; ./dev bench does\n');
  process.exit(2);
}

// The answers so far are worth more than the rest: when time is up they are printed, and everything is ended.
const timer = setTimeout(() => {
  missing({ name: 'the rest', why: 'the time was up' });
  finish([]);
  process.exit(1);
}, LIMIT);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endAll();
    process.exit(1);
  });
}

// Hands out cells that are still pending, each once.
function supply(data) {
  let at = 0;
  return n => {
    const ids = data.pendingIds.slice(at, at + n);
    if (ids.length < n) throw new Error(`only ${data.pendingIds.length} pending cells at ${data.name}`);
    at += n;
    return ids;
  };
}

async function onServer(data) {
  const server = await serve(copyOf(folder, data.name, 'server'));
  const take = supply(data);
  try {
    await part('memory', data.name, () => servers.idle(data, server));
    await part('pages', data.name, () => servers.pages(data, server));
    if (data.name === '500x60') await part('load', data.name, () => servers.load(data, server));
    if (data.name === '500x60') await part('load with marks', data.name, () => servers.loadWithMarks(data, server, take));
    await part('never stale', data.name, () => servers.fresh(data, server, take));
    await part('marks', data.name, () => servers.marks(folder, data, server, take));
    await part('marks by REST', data.name, () => servers.rest(data, server, take));
    if (data.name === '1000x100') await part('streams', data.name, () => streams(data, server, take));
    if (data.cells > 10_000) await part('bulk', data.name, () => servers.bulk(folder, data, server, take));
    await part('memory afterwards', data.name, () => servers.afterwards(data, server));
  } finally {
    await server.stop();
  }
}

async function inBrowser(browser, data, baselines) {
  const server = await serve(copyOf(folder, data.name, 'browser'));
  const once = (name, work) => part(name, data.name, work);
  let text;
  try {
    const files = await once('first load', () => browsers.firstLoad(browser, data, server));
    if (data.name === '50x30' && files) text = await once('weights', () => describe(browser, data, server, files));
    await once('hydration', () => browsers.hydration(browser, data, server, baselines));
    await once('nodes', () => browsers.nodes(browser, data, server));
    await once('interaction', () => browsers.interaction(browser, data, server, baselines));
    await once('filter of the matrix', () => browsers.matrixFilter(browser, data, server, baselines));
    if (data.customers < 1000) return text;
    await once('filter of customers', () => browsers.customerFilter(browser, data, server, baselines));
    await once('filter of the activation', () => browsers.dialogFilter(browser, data, server, baselines));
  } finally {
    await server.stop();
  }
  return text;
}

async function machine() {
  const cpu = os.cpus();
  const version = await run('sqlite3', ['--version']).then(it => it.stdout.split(' ')[0], () => 'none');
  const busy = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  return `${cpu.length} cores (${cpu[0]?.model.trim() ?? 'unknown'}), ${Math.round(os.totalmem() / 1e9)} GB, load ${busy}, `
    + `node ${process.versions.node}, SQLite's shell ${version}, databases on ${await kindOfDisk(folder)}`;
}

function finish(texts) {
  clearTimeout(timer);
  endAll();
  const { text, broken } = summary();
  const sizes = Object.entries(SIZES).map(([name, cells]) => ({ name, cells }));
  process.stdout.write(`\n${table()}\n\nHow it grows with the number of cells\n${growth(sizes)}\n\n`);
  for (const it of texts.filter(Boolean)) process.stdout.write(`${it}\n\n`);
  process.stdout.write(`${lines()}\n\n${text}, ${Math.round((performance.now() - began) / 1000)} s\n`);
  return broken;
}

async function main() {
  process.stderr.write(`${program} on ${await machine()}\n`);
  if (!(await has('sqlite3'))) throw new Error('sqlite3 is not installed: apt-get install sqlite3');
  const data = Object.keys(SIZES).map(name => read(folder, name));
  for (const it of data) await part('server', it.name, () => onServer(it));
  await part('a restart', data.at(-1).name, () => restarted(folder, data.at(-1)));
  await part('who asks', data[0].name, () => check(folder, data[0]));
  await part('a scope', data.at(-1).name, () => scoped(folder, data.at(-1)));
  for (const it of data) await part('size', it.name, () => servers.size(folder, it));
  for (const it of data) await part('activation', it.name, () => servers.activation(folder, it));
  for (const it of data) await part('start', it.name, () => servers.start(folder, it));
  const texts = [];
  const browser = await part('browser', '', () => browsers.launch());
  if (browser) {
    try {
      const idle = await serve(copyOf(folder, data[0].name, 'floor'));
      const baselines = await part('baselines', '', () => browsers.floor(browser, idle)).finally(() => idle.stop());
      for (const [name, it] of Object.entries(baselines ?? {})) figure({ name: `baseline, at 4x: ${it.what}`, values: it.values, unit: 'ms', note: name });
      for (const it of data) texts.push(await part('browser', it.name, () => inBrowser(browser, it, baselines ?? {})));
      await part('output of a run', data.at(-1).name, () => output(browser, folder, data.at(-1)));
    } finally {
      await browser.close();
    }
  }
  return finish(texts);
}

main().then(
  broken => process.exit(broken > 0 ? 1 : 0),
  error => {
    process.stderr.write(`bench: ${error.stack ?? error}\n`);
    finish([]);
    process.exit(1);
  },
);
