// ./dev bench --postgres: SQLite and PostgreSQL side by side, one server and two, 32 writers, a million cells, and memory beside
// that of glibc's allocator. Works on copies; the databases of a million cells stay as they are. Everything is on this machine.
import { readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { BYTES, MEMORY, MILLISECONDS, figure, lines, missing, part, say, summary, table } from './figures.mjs';
import { copyOf, endAll, must, pause, program, read, remove, requestsPerSecond, run, serve } from './machine.mjs';

const LIMIT = 45 * 60_000;
const WRITERS = 32;
const WRITING_SECONDS = 5;
const BROTLI = { 'accept-encoding': 'br', accept: 'text/html' };
const [folder, kept] = process.argv.slice(2);
const { PSQL: psql, POSTGRES_URL: postgresUrl, ROLLCALL_GLIBC: glibc } = process.env;
const began = performance.now();

if (!folder || !kept || !postgresUrl) {
  process.stderr.write('bench: ./dev bench --postgres starts this\n');
  process.exit(2);
}

function finish() {
  clearTimeout(timer);
  endAll();
  const { text, broken } = summary();
  process.stdout.write(`\n${table()}\n\n${lines()}\n\n${text}, ${Math.round((performance.now() - began) / 1000)} s\n`);
  process.exit(broken > 0 ? 1 : 0);
}

const timer = setTimeout(() => {
  missing({ name: 'the rest', why: 'the time was up' });
  finish();
}, LIMIT);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endAll();
    process.exit(1);
  });
}

const sql = statement => run(psql, ['-X', '-q', '-At', '-d', postgresUrl, '-c', statement], { seconds: 600 });
const urlOf = name => postgresUrl.replace('/rollcall?', `/${name}?`);

const SQLITE = {
  name: 'SQLite',
  targets: { mark: 4, bulk: 100, activation: 300, changes: null },
  make: async () => {},
  copy: async (from, name, as) => copyOf(from, name, as),
  drop: async database => remove(database),
  bytes: async database => statSync(database).size,
};

const POSTGRES = {
  name: 'PostgreSQL',
  targets: { mark: 8, bulk: 250, activation: 1000, changes: 300 },
  // By an export of the other: moving house.
  async make(data) {
    await sql(`DROP DATABASE IF EXISTS "${data.name}" WITH (FORCE)`);
    await sql(`CREATE DATABASE "${data.name}" ENCODING 'UTF8' TEMPLATE template0`);
    const env = url => ['env', [`DATABASE_URL=${url}`, program]];
    const file = join(folder, `${data.name}.export.json`);
    const [command, given] = env(`sqlite://${join(folder, `${data.name}.db`)}`);
    const out = await run(command, [...given, 'export', file], { seconds: 600 });
    const [, into] = env(urlOf(data.name));
    const taken = await run(command, [...into, 'import', file], { seconds: 900 });
    figure({ name: 'moving house: export from SQLite', size: data.name, values: out.milliseconds / 1000, unit: 's' });
    figure({ name: 'moving house: import into PostgreSQL', size: data.name, values: taken.milliseconds / 1000, unit: 's' });
  },
  async copy(_, name, as) {
    const copy = `copy_${as}`;
    await sql(`DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`);
    await sql(`CREATE DATABASE ${copy} TEMPLATE "${name}" STRATEGY file_copy`);
    return urlOf(copy);
  },
  drop: async database => { await sql(`DROP DATABASE "${database.match(/\/([^/?]*)\?/)[1]}" WITH (FORCE)`); },
  bytes: async database => Number((await sql(`SELECT pg_database_size('${database.match(/\/([^/?]*)\?/)[1]}')`)).stdout),
};

const ENGINES = [SQLITE, POSTGRES];

// Runs `work` with servers on a copy of the database.
async function on(engine, data, as, n, work, { from = folder, command } = {}) {
  const database = await engine.copy(from, data.name, as);
  const servers = [];
  try {
    for (let it = 0; it < n; it++) servers.push(await serve(database, { keep: true, command }));
    return await work(servers, database);
  } finally {
    for (const it of servers) await it.stop();
    await engine.drop(database);
  }
}

let asked = 0;
const anew = path => `${path}?n=${(asked += 1)}`;
const act = async (server, name, body) => must(await server.post(`/rpc/${name}`, body), name).milliseconds;
const mark = (server, id) => act(server, 'act_on_step', { id, action: 'done', reason: null, allow_unresolved: false });

function supply(data) {
  let at = 0;
  return n => {
    const ids = data.pendingIds.slice(at, at + n);
    if (ids.length < n) throw new Error('there are no more pending cells');
    at += n;
    return ids;
  };
}

// Measures one engine. Returns the values by name, since both engines are printed side by side later.
async function measured(engine, data) {
  const found = {};
  const matrix = `/releases/${data.release}`;
  await on(engine, data, 'work', 1, async ([server], database) => {
    found.size = [(await engine.bytes(database)) / 1e6];
    const take = supply(data);
    const page = async path => must(await server.get(path, BROTLI), path).milliseconds;
    found.first = [await page(matrix)];
    found.page = [];
    for (let n = 0; n < 40; n++) found.page.push(await page(anew(matrix)));
    found.dashboard = [];
    for (let n = 0; n < 20; n++) found.dashboard.push(await page(anew('/')));
    found.mark = [];
    for (const id of take(100)) found.mark.push(await mark(server, id));
    if (data.cells > 10_000) {
      found.bulk = [];
      for (let n = 0; n < 5; n++) found.bulk.push(await act(server, 'act_on_steps', { ids: take(1000), action: 'done', reason: null }));
    }
  });
  found.activation = [];
  for (let n = 0; n < 3; n++) {
    await on(engine, data, 'activation', 1, async ([server]) => {
      must(await server.get(`/releases/${data.draft}`, BROTLI), 'the draft');
      found.activation.push(await act(server, 'activate_release', { id: data.draft, customers: data.customerIds }));
    });
  }
  return found;
}

function sideBySide(data, [ofSqlite, ofPostgres]) {
  const rows = [
    ['matrix page: the first after the start', 'first', MILLISECONDS],
    ['matrix page: time', 'page', MILLISECONDS],
    ['dashboard: time', 'dashboard', MILLISECONDS],
    ['mark one cell done: round trip', 'mark', MILLISECONDS, 'mark'],
    ['mark 1,000 cells done in one bulk', 'bulk', MILLISECONDS, 'bulk'],
    ['activate, with audit', 'activation', MILLISECONDS, data.name === '500x60' ? 'activation' : null],
    ['size of the database', 'size', 'MB'],
  ];
  for (const [name, key, unit, target] of rows) {
    if (!ofSqlite[key] || !ofPostgres[key]) continue;
    figure({ name: `${name}, SQLite`, size: data.name, values: ofSqlite[key], unit, target: target ? SQLITE.targets[target] : null });
    figure({ name: `${name}, PostgreSQL`, size: data.name, values: ofPostgres[key], unit, baseline: { what: 'SQLite', values: ofSqlite[key] }, target: target ? POSTGRES.targets[target] : null });
  }
}

// Requests per second of one server, and of two together.
async function load(data) {
  const addresses = [['dashboard, brotli', '/', { headers: ['accept-encoding: br'] }], ['matrix, drawn anew', `/releases/${data.release}`, { anew: true }]];
  const rates = new Map();
  for (const [engine, n] of [[SQLITE, 1], [POSTGRES, 1], [POSTGRES, 2]]) {
    await on(engine, data, 'load', n, async servers => {
      for (const [name, path, how] of addresses) {
        const values = [];
        for (let round = 0; round < 3; round++) {
          const each = await Promise.all(servers.map(it => requestsPerSecond(it.url + path, { seconds: 3, ...how })));
          values.push(each.reduce((sum, it) => sum + it, 0));
        }
        rates.set(`${engine.name} ${n} ${name}`, values);
        const one = rates.get(`${SQLITE.name} 1 ${name}`);
        figure({ name: `requests per second: ${name}, ${engine.name}, ${n === 1 ? 'one server' : 'two servers'}`, size: data.name, values, unit: '/s', baseline: engine === SQLITE ? undefined : { what: 'SQLite, one server', values: one }, more: true });
      }
    });
  }
}

// The sum and the count of how long writes waited for their turn, as the servers tell it.
async function waits(servers) {
  const sums = { sum: 0, count: 0 };
  for (const server of servers) {
    const text = must(await server.get('/metrics'), '/metrics').content.toString();
    for (const part of ['sum', 'count']) sums[part] += Number(text.match(new RegExp(`^rollcall_store_wait_seconds_${part}\\S* (\\S+)`, 'm'))?.[1] ?? 0);
  }
  return sums;
}

function send(agent, url, body) {
  return new Promise((done, failed) => {
    const text = JSON.stringify(body);
    const sent = http.request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, answer => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode));
    });
    sent.on('error', failed);
    sent.end(text);
  });
}

// 32 clients mark cells as fast as they can.
async function writers(data) {
  for (const [engine, n] of [[SQLITE, 1], [POSTGRES, 1], [POSTGRES, 2]]) {
    await on(engine, data, 'writers', n, async servers => {
      const ids = [...data.pendingIds];
      const before = await waits(servers);
      const start = performance.now();
      let [changes, errors] = [0, 0];
      const client = async number => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const url = `${servers[number % n].url}/rpc/act_on_step`;
        while (performance.now() - start < WRITING_SECONDS * 1000 && ids.length > 0) {
          const status = await send(agent, url, { id: ids.pop(), action: 'done', reason: null, allow_unresolved: false });
          if (status === 200) changes += 1;
          else errors += 1;
        }
        agent.destroy();
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, number) => client(number)));
      const seconds = (performance.now() - start) / 1000;
      const after = await waits(servers);
      const where = `${engine.name}, ${n === 1 ? 'one server' : 'two servers'}`;
      const count = after.count - before.count;
      figure({ name: `32 writers: changes a second, ${where}`, size: data.name, values: changes / seconds, unit: '/s', target: engine.targets.changes, more: true });
      figure({ name: `32 writers: errors, ${where}`, size: data.name, values: errors, unit: '', target: 0 });
      if (count > 0) figure({ name: `32 writers: wait for the lock per write, ${where}`, size: data.name, values: (1000 * (after.sum - before.sum)) / count, unit: MILLISECONDS });
    });
  }
}

// The load that the memory target is about, then a pause in which freed memory goes back to the system.
async function memoryOf(data, from, command) {
  return on(SQLITE, data, 'memory', 1, async ([server]) => {
    const take = supply(data);
    for (const release of data.releases ?? [data.release]) {
      for (let n = 0; n < 20; n++) must(await server.get(anew(`/releases/${release}`), BROTLI), 'the matrix');
    }
    for (const path of ['/', `/releases/${data.release}`]) await requestsPerSecond(server.url + path, { seconds: 3, anew: true });
    for (const id of take(100)) await mark(server, id);
    for (let n = 0; n < 5; n++) await act(server, 'act_on_steps', { ids: take(1000), action: 'done', reason: null });
    await pause(5000);
    return server.memory().now;
  }, { from, command });
}

async function memory(data, from, target) {
  const ofRelease = await memoryOf(data, from, program);
  const ofGlibc = glibc ? await memoryOf(data, from, glibc) : undefined;
  figure({ name: 'memory: after the load', size: data.name, values: ofRelease, unit: MEMORY, baseline: ofGlibc === undefined ? undefined : { what: "glibc's allocator", values: ofGlibc }, target });
}

// Ten active releases: a page of one release with 100,000 cells must cost no more than without the other nine, except when a
// release is read for the first time.
async function million(engine, data) {
  await on(engine, data, 'working', 1, async ([server], database) => {
    const size = `million, ${engine.name}`;
    const take = supply(data);
    const get = async path => must(await server.get(path, BROTLI), path).milliseconds;
    await get('/readyz');
    figure({ name: 'start to first answer', size, values: (performance.now() - server.began) / 1000, unit: 's', target: 0.2 });
    figure({ name: 'dashboard: the first after the start', size, values: await get('/'), unit: MILLISECONDS });
    const first = [];
    for (const release of data.releases) first.push(await get(`/releases/${release}`));
    figure({ name: 'matrix page: each release for the first time', size, values: first, unit: MILLISECONDS, target: 300 });
    const page = [];
    for (let n = 0; n < 40; n++) page.push(await get(anew(`/releases/${data.releases[n % data.releases.length]}`)));
    figure({ name: 'matrix page: time, releases in turn', size, values: page, unit: MILLISECONDS, target: 50 });
    const dashboard = [];
    for (let n = 0; n < 20; n++) dashboard.push(await get(anew('/')));
    figure({ name: 'dashboard: time', size, values: dashboard, unit: MILLISECONDS });
    const marks = [];
    for (const id of take(100)) marks.push(await mark(server, id));
    figure({ name: 'mark one cell done: round trip', size, values: marks, unit: MILLISECONDS, target: engine.targets.mark });
    const bulks = [];
    for (let n = 0; n < 5; n++) bulks.push(await act(server, 'act_on_steps', { ids: take(1000), action: 'done', reason: null }));
    figure({ name: 'mark 1,000 cells done in one bulk', size, values: bulks, unit: MILLISECONDS, target: engine.targets.bulk });
    figure({ name: 'memory: after this', size, values: server.memory().now, unit: MEMORY, target: 250 });
    figure({ name: 'size of the database', size, values: (await engine.bytes(database)) / 1e6, unit: 'MB' });
  }, { from: kept });
}

async function main() {
  const cpu = os.cpus();
  const version = (await sql('SHOW server_version')).stdout.trim();
  process.stderr.write(`${program} on ${cpu.length} cores (${cpu[0]?.model.trim() ?? 'unknown'}), PostgreSQL ${version} by a socket, commits wait for the disk\n`);
  figure({ name: 'the released binary', values: statSync(program).size / 1000, unit: BYTES, target: 35_000 });
  const sizes = ['500x60', '1000x100'].map(name => read(folder, name));
  for (const data of sizes) {
    await part('moving house', data.name, () => POSTGRES.make(data));
    const found = [];
    for (const engine of ENGINES) found.push(await part(engine.name, data.name, () => measured(engine, data)));
    if (found.every(Boolean)) sideBySide(data, found);
  }
  await part('requests per second', '500x60', () => load(sizes[0]));
  await part('32 writers', '1000x100', () => writers(sizes[1]));
  await part('memory', '1000x100', () => memory(sizes[1], folder, 100));
  const whole = JSON.parse(readFileSync(join(kept, 'million.json'), 'utf8'));
  for (const engine of ENGINES) await part('a million cells', engine.name, () => million(engine, whole));
  await part('memory', 'million', () => memory(whole, kept, 250));
  for (const data of sizes) await sql(`DROP DATABASE IF EXISTS "${data.name}" WITH (FORCE)`);
  say('done');
  finish();
}

main().catch(error => {
  process.stderr.write(`bench: ${error.stack ?? error}\n`);
  missing({ name: 'the rest', why: String(error.message ?? error) });
  endAll();
  process.stdout.write(`\n${table()}\n\n${lines()}\n`);
  process.exit(1);
});
