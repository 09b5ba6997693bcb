// Server benchmarks: pages, load, marking cells, bulk actions, activation, start, memory; each with a baseline of the same run.
import { statSync } from 'node:fs';
import { BYTES, MEMORY, MILLISECONDS, NotThere, figure, say } from './figures.mjs';
import { copyOf, idleNode, inTurn, must, pause, remove, requestsPerSecond, serve, shell } from './machine.mjs';

// Targets for a page of the matrix by size of the release (steps x customers): milliseconds, and kB raw and compressed.
const PAGE = {
  '50x30': { milliseconds: 2, raw: 120, compressed: 15 },
  '500x60': { milliseconds: 4, raw: 250, compressed: 40 },
  '1000x100': { milliseconds: 8, raw: 400, compressed: 80 },
};
const BROTLI = { 'accept-encoding': 'br', accept: 'text/html' };
const PLAIN = { accept: 'text/html' };
const STATIC = '/favicon.svg';
const STATIC_FILE = 'a static file';

// A new address each time: the page cache would answer a repeated one within the second, and rendering is what is measured.
let asked = 0;
const anew = path => `${path}${path.includes('?') ? '&' : '?'}n=${(asked += 1)}`;

// The time until the whole page has arrived, compressed as browsers ask for it; and its bytes.
export async function pages(data, server) {
  const path = `/releases/${data.release}`;
  const get = async path => must(await server.get(path, BROTLI), path).milliseconds;
  figure({ name: 'matrix page: the first after the start', size: data.name, values: await get(path), unit: MILLISECONDS });
  const raw = must(await server.get(path, PLAIN), path);
  const small = must(await server.get(path, BROTLI), path);
  const encoding = small.headers['content-encoding'] ?? 'none';
  const file = async () => must(await server.get(STATIC), STATIC).milliseconds;
  const measure = async (name, runs, page, target) => {
    const { values, besides } = await inTurn(runs, 6, page, file);
    figure({ name, size: data.name, values, unit: MILLISECONDS, baseline: { what: STATIC_FILE, values: besides }, target });
  };
  const target = PAGE[data.name];
  await measure('matrix page: time', 60, () => get(anew(path)), target.milliseconds);
  await measure('matrix page: time, asked for again within a second', 40, () => get(path));
  figure({ name: 'matrix page: bytes', size: data.name, values: raw.bytes / 1000, unit: BYTES, target: target.raw });
  figure({ name: 'matrix page: compressed', size: data.name, values: small.bytes / 1000, unit: BYTES, target: target.compressed, note: `content-encoding: ${encoding}` });
  await measure('dashboard: time', 40, () => get(anew('/')));
  const marks = await rpc(server, 'read_marks', { id: data.release }, { 'accept-encoding': 'br' });
  figure({ name: 'who and when of all cells: time', size: data.name, values: marks.milliseconds, unit: MILLISECONDS });
  figure({ name: 'who and when of all cells: compressed', size: data.name, values: marks.bytes / 1000, unit: BYTES });
}

async function rpc(server, name, body, headers = {}) {
  return must(await server.post(`/rpc/${name}`, body, headers), name);
}

// Three rounds, each address in turn.
export async function load(data, server) {
  const matrix = `/releases/${data.release}`;
  const addresses = [
    ['a static file', STATIC, {}],
    ['dashboard', '/', {}],
    ['matrix', matrix, {}],
    ['dashboard, each drawn anew', '/', { anew: true }],
    ['matrix, each drawn anew', matrix, { anew: true }],
    ['dashboard, brotli', '/', { headers: ['accept-encoding: br'] }],
    ['matrix, brotli', matrix, { headers: ['accept-encoding: br'] }],
  ];
  const found = new Map(addresses.map(it => [it[0], []]));
  for (let round = 0; round < 3; round++) {
    for (const [name, path, how] of addresses) found.get(name).push(await requestsPerSecond(server.url + path, { seconds: 2, ...how }));
  }
  const baseline = { what: STATIC_FILE, values: found.get('a static file') };
  for (const [name, path] of addresses.slice(1)) {
    const target = name.endsWith('anew') ? 1500 : name.endsWith('brotli') ? 4000 : path === '/' ? 3000 : 150;
    figure({ name: `requests per second, 8 connections: ${name}`, size: data.name, values: found.get(name), unit: '/s', baseline, target, more: true });
  }
}

// Marks a cell every tenth of a second while `work` runs: each mark is a change that no page drawn before it has.
async function whileMarking(server, take, work) {
  let working = true;
  const marking = (async () => {
    const began = performance.now();
    for (let n = 1; working; n++) {
      await done(server, take(1)[0]);
      await pause(began + n * 100 - performance.now());
    }
  })();
  try {
    return await work();
  } finally {
    working = false;
    await marking;
  }
}

// As browsers ask, compressed, while a team works in the release.
export async function loadWithMarks(data, server, take) {
  for (const [name, path] of [['dashboard', '/'], ['matrix', `/releases/${data.release}`]]) {
    const found = [];
    for (let round = 0; round < 3; round++) {
      const load = () => requestsPerSecond(server.url + path, { seconds: 2, headers: ['accept-encoding: br'] });
      found.push(await whileMarking(server, take, load));
    }
    figure({ name: `requests per second, 8 connections: ${name}, brotli, ten marks a second`, size: data.name, values: found, unit: '/s', target: 1000, more: true });
  }
}

// A page says how many cells are finished; after each mark it must say one more.
export async function fresh(data, server, take) {
  const finished = async () => {
    const page = must(await server.get(`/releases/${data.release}`, PLAIN), 'the matrix');
    const found = page.content.toString().replaceAll(/<!.*?>/g, '').match(/(\d[\d,]*) of \d[\d,]* cells/);
    if (!found) throw new NotThere('the page does not say "N of M cells"');
    return Number(found[1].replaceAll(',', ''));
  };
  let stale = 0;
  let before = await finished();
  for (let n = 0; n < 10; n++) {
    await done(server, take(1)[0]);
    const now = await finished();
    stale += now === before + 1 ? 0 : 1;
    before = now;
  }
  figure({ name: 'stale pages after 10 marks', size: data.name, values: stale, unit: '', target: 0 });
}

const done = (server, id) => rpc(server, 'act_on_step', { id, action: 'done', reason: null, allow_unresolved: false });

// Commits that are on the disk when they return, as SQLite's shell makes them: the mean of a hundred, five times.
async function commits(folder, data) {
  const database = copyOf(folder, data.name, 'commits');
  const means = [];
  for (let n = 0; n < 5; n++) {
    const ids = data.pendingIds.slice(n * 100, n * 100 + 100);
    const marks = ids.map(id => `UPDATE customer_steps SET status = 'done', version = version + 1 WHERE id = ${id};`);
    // On one line, so that the shell times them as one.
    const { timed } = await shell(database, marks.join(' '), { synchronous: 'FULL' });
    means.push(Math.max(0.001, timed / ids.length));
  }
  remove(database);
  return means;
}

export async function marks(folder, data, server, take) {
  const baseline = { what: 'a commit with fsync', values: await commits(folder, data) };
  const [times, bytes] = [[], []];
  for (const id of take(110)) {
    const answer = await done(server, id);
    times.push(answer.milliseconds);
    bytes.push(answer.bytes);
  }
  const after = [];
  for (const id of take(10)) {
    await done(server, id);
    after.push(must(await server.get(`/releases/${data.release}`, BROTLI), 'the matrix').milliseconds);
  }
  figure({ name: 'matrix page: time, after each mark', size: data.name, values: after, unit: MILLISECONDS, target: PAGE[data.name].milliseconds });
  figure({ name: 'mark one cell done: round trip', size: data.name, values: times.slice(10), unit: MILLISECONDS, baseline, target: 4 });
  figure({ name: 'mark one cell done: bytes back', size: data.name, values: bytes.map(it => it / 1000), unit: BYTES, target: 2 });
}

// The same by the documented interface, where the program has it.
export async function rest(data, server, take) {
  const ids = take(60);
  const first = await server.post(`/api/steps/${ids[0]}/done`, {});
  if (first.status === 404 || first.status === 405) throw new NotThere('the program has no REST');
  const answers = [];
  for (const id of ids.slice(1)) answers.push(must(await server.post(`/api/steps/${id}/done`, {}), 'POST /api/steps/{id}/done'));
  const file = must(await server.get(STATIC), STATIC).milliseconds;
  figure({ name: 'mark one cell done by REST: round trip', size: data.name, values: answers.map(it => it.milliseconds), unit: MILLISECONDS, baseline: { what: STATIC_FILE, values: file } });
  figure({ name: 'mark one cell done by REST: bytes back', size: data.name, values: answers.map(it => it.bytes / 1000), unit: BYTES });
}

const AUDIT = `INSERT INTO audit_events (batch_id, entity, entity_id, release_id, customer_id, action, actor, at, before, after, text_id)
  SELECT 'bench', 'step', id, release_id, customer_id, 'done', 'bench', updated_at, '{}', '{}', text_id FROM customer_steps WHERE id IN`;

export async function bulk(folder, data, server, take) {
  const count = async () => Number((await shell(server.database, "SELECT 'n=' || count(*) FROM customer_steps WHERE status = 'done';")).stdout.match(/n=(\d+)/)?.[1]);
  const [times, besides] = [[], []];
  const database = copyOf(folder, data.name, 'bulk');
  for (let n = 0; n < 5; n++) {
    const ids = take(1000);
    const before = await count();
    const answer = await rpc(server, 'act_on_steps', { ids, action: 'done', reason: null });
    const changed = (await count()) - before;
    if (changed !== 1000) throw new Error(`the bulk changed ${changed} cells instead of 1,000`);
    times.push(answer.milliseconds);
    const list = `(${ids.join(',')})`;
    const bare = await shell(database, `BEGIN IMMEDIATE;\nUPDATE customer_steps SET status = 'done', version = version + 1 WHERE id IN ${list};\n${AUDIT} ${list};\nCOMMIT;`);
    besides.push(bare.timed);
  }
  remove(database);
  figure({ name: 'mark 1,000 cells done in one bulk', size: data.name, values: times, unit: MILLISECONDS, baseline: { what: 'bare UPDATE and INSERT', values: besides }, target: 40 });
}

const COPY = (release, customers) => `BEGIN IMMEDIATE;
INSERT INTO customer_steps (release_id, customer_id, template_id, name, category, type, text_id, order_index,
    template_version, status, has_notes, is_custom, is_overridden, version, created_at, updated_at)
  SELECT t.release_id, c.id, t.id, t.name, t.category, t.type, t.text_id, t.order_index,
    t.version, 'pending', 0, 0, 0, 1, '2026-06-10T08:00:00.000Z', '2026-06-10T08:00:00.000Z'
  FROM customers c CROSS JOIN step_templates t WHERE t.release_id = ${release} AND c.id IN (${customers.join(',')});
COMMIT;`;

// Activation of the draft for everybody, by the program and as the bare statement; each on a fresh copy.
export async function activation(folder, data) {
  const [times, besides] = [[], []];
  const runs = data.cells > 50_000 ? 3 : 5;
  for (let n = 0; n < runs; n++) {
    const server = await serve(copyOf(folder, data.name, 'activation'));
    try {
      must(await server.get(`/releases/${data.draft}`, PLAIN), 'the draft');
      const answer = await rpc(server, 'activate_release', { id: data.draft, customers: data.customerIds });
      times.push(answer.milliseconds);
    } finally {
      await server.stop();
    }
    const database = copyOf(folder, data.name, 'bare');
    // Warmed as the server is: it has read the draft before.
    await shell(database, `SELECT count(*) FROM customer_steps WHERE release_id = ${data.draft};`);
    const bare = await shell(database, COPY(data.draft, data.customerIds));
    besides.push(bare.timed);
    const { stdout } = await shell(database, `SELECT 'n=' || count(*) FROM customer_steps WHERE release_id = ${data.draft};`);
    const rows = Number(stdout.match(/n=(\d+)/)?.[1]);
    remove(database);
    if (rows !== data.cells) throw new Error(`the bare statement made ${rows} rows instead of ${data.cells}`);
  }
  const baseline = { what: 'bare INSERT .. SELECT', values: besides };
  figure({ name: 'activate, with audit', size: data.name, values: times, unit: MILLISECONDS, baseline, target: data.name === '500x60' ? 300 : null });
  if (data.name === '500x60') {
    const ratios = times.map((it, n) => it / besides[n]);
    figure({ name: 'activate: times the bare INSERT .. SELECT', size: data.name, values: ratios, unit: 'x', target: 1.5 });
  }
}

// The database after half of it was done. Its size when nothing was done yet, which has an aim (R42), and when all was, is
// printed by the store's bench.
export function size(folder, data) {
  const database = copyOf(folder, data.name, 'size');
  const bytes = statSync(database).size;
  remove(database);
  figure({ name: 'size of the database, half of it done', size: data.name, values: bytes / 1e6, unit: MEMORY });
}

// From the command to the first page that was asked for.
export async function start(folder, data) {
  const [times, besides] = [[], []];
  const database = copyOf(folder, data.name, 'start');
  for (let n = 0; n < 5; n++) {
    const bare = await shell(database, 'SELECT count(*) FROM customer_steps;');
    const server = await serve(database, { keep: true });
    try {
      must(await server.get('/', PLAIN), '/');
      times.push((performance.now() - server.began) / 1000);
      besides.push(bare.milliseconds / 1000);
    } finally {
      await server.stop();
    }
  }
  remove(database);
  figure({ name: 'start to first page', size: data.name, values: times, unit: 's', baseline: { what: 'the SQLite shell, counting', values: besides }, target: data.name === '1000x100' ? 0.1 : null });
}

// Before anybody asked for anything, and after all that this server was asked.
export async function idle(data, server) {
  const baseline = { what: 'an idle node', values: await idleNode() };
  figure({ name: 'memory: idle', size: data.name, values: server.memory().now, unit: MEMORY, baseline, target: 40 });
}

export function afterwards(data, server) {
  const { now, most } = server.memory();
  figure({ name: 'memory: after the load', size: data.name, values: now, unit: MEMORY, target: 100 });
  figure({ name: 'memory: the most it was', size: data.name, values: most, unit: MEMORY });
  say(`the process ${server.pid} had ${most.toFixed(1)} MB at most`);
}
