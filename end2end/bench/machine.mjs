// Child processes of the benchmarks: the program, the SQLite shell, the load generator. All are ended with the benchmark.
import { spawn } from 'node:child_process';
import { constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotThere } from './figures.mjs';

export const program = process.env.ROLLCALL_PROGRAM ?? '../target/release/rollcall';
const children = new Set();

export function endAll() {
  for (const child of children) child.kill('SIGKILL');
}

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

// Runs a command and returns its output. It is ended after `seconds`.
export function run(command, given, { input = '', seconds = 60 } = {}) {
  return new Promise((done, failed) => {
    const began = performance.now();
    const child = spawn(command, given, { stdio: ['pipe', 'pipe', 'pipe'] });
    children.add(child);
    const [out, err] = [[], []];
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.stdout.on('data', it => out.push(it));
    child.stderr.on('data', it => err.push(it));
    child.stdin.on('error', () => {});
    child.on('error', failed);
    child.on('close', code => {
      clearTimeout(timer);
      children.delete(child);
      const milliseconds = performance.now() - began;
      const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
      if (code === 0) done({ stdout, milliseconds });
      else failed(new Error(`${command} ${given.slice(0, 3).join(' ')} ended with ${code}: ${stderr.trim().slice(0, 400)}`));
    });
    child.stdin.end(input);
  });
}

export async function has(command) {
  return run('sh', ['-c', `command -v ${command}`]).then(() => true, () => false);
}

// SQL in SQLite's own shell, with the pragmas of the program's writer; `timed` are the milliseconds that its statements
// took, all but the pragmas. The shell times line by line, to the millisecond.
export async function shell(database, sql, { synchronous = 'NORMAL', seconds = 60 } = {}) {
  const pragmas = `PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;`;
  const { stdout, milliseconds } = await run('sqlite3', ['-bail', database], { input: `${pragmas}\n.timer on\n${sql}\n`, seconds });
  const times = [...stdout.matchAll(/Run Time: real ([\d.]+)/g)].map(it => Number(it[1]) * 1000);
  return { milliseconds, timed: times.reduce((sum, it) => sum + it, 0), stdout };
}

// Copies a database file to work on. No process may write to the original meanwhile.
export function copyOf(folder, name, as) {
  const to = join(folder, `${as}.db`);
  remove(to);
  copyFileSync(join(folder, `${name}.db`), to, constants.COPYFILE_FICLONE);
  return to;
}

export function remove(database) {
  for (const ending of ['', '-wal', '-shm']) rmSync(database + ending, { force: true });
}

// The program with these arguments, until it is stopped.
export function background(given, settings = {}) {
  const child = spawn(program, given, { env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ...settings }, stdio: 'ignore' });
  children.add(child);
  const ended = new Promise(done => child.once('close', done));
  return {
    memory: () => memory(child.pid),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      children.delete(child);
    },
  };
}

// The program on a database, a file or an address of PostgreSQL. A file goes with it unless it is to be kept. `settings` are
// further variables of its environment.
export async function serve(database, { keep = false, command = program, settings = {} } = {}) {
  const began = performance.now();
  const isFile = !database.startsWith('postgres:');
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', DATABASE_URL: isFile ? `sqlite://${database}` : database, ROLLCALL_ADDR: '127.0.0.1:0', ROLLCALL_USER: 'Ana Ferreira', RUST_LOG: 'info,sqlx=warn,sea_orm=warn', ...settings };
  const child = spawn(command, [], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  children.add(child);
  const ended = new Promise(done => child.once('close', done));
  const url = await new Promise((found, failed) => {
    let log = '';
    const timer = setTimeout(() => failed(new Error(`the program did not start within 30 s: ${log}`)), 30_000);
    child.on('error', error => { clearTimeout(timer); failed(new Error(`${command} cannot be started: ${error.message}`)); });
    child.once('close', code => { clearTimeout(timer); failed(new Error(`the program ended with ${code}: ${log}`)); });
    child.stderr.on('data', chunk => {
      if (log.length < 10_000) log += chunk;
      const address = log.match(/Rollcall is at (http:\/\/127\.0\.0\.1:\d+)/);
      if (address) {
        clearTimeout(timer);
        found(address[1]);
      }
    });
  }).catch(async error => {
    child.kill('SIGKILL');
    await ended;
    children.delete(child);
    throw error;
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    url, database, pid: child.pid, began,
    get: (path, headers = {}) => request(agent, url + path, { headers }),
    post: (path, body, headers = {}) => request(agent, url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    memory: () => memory(child.pid),
    async stop() {
      agent.destroy();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(timer);
      children.delete(child);
      if (!keep && isFile) remove(database);
    },
  };
}

function request(agent, url, { method = 'GET', headers = {}, body = '' }) {
  return new Promise((done, failed) => {
    const began = performance.now();
    const sent = http.request(url, { agent, method, headers: { ...headers, ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) } }, answer => {
      const chunks = [];
      answer.on('data', it => chunks.push(it));
      answer.on('error', failed);
      answer.on('end', () => {
        const content = Buffer.concat(chunks);
        done({ status: answer.statusCode, headers: answer.headers, content, bytes: content.length, milliseconds: performance.now() - began });
      });
    });
    sent.setTimeout(60_000, () => sent.destroy(new Error(`no answer within 60 s: ${method} ${url}`)));
    sent.on('error', failed);
    sent.end(body);
  });
}

export function must(answer, what) {
  if (answer.status === 404) throw new NotThere(`${what} answered 404`);
  if (answer.status < 200 || answer.status > 299) throw new Error(`${what} answered ${answer.status}: ${answer.content.toString().slice(0, 200)}`);
  return answer;
}

// The resident memory of a process in MB: now, and its peak.
function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = name => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))?.[1] ?? NaN) / 1000;
  return { now: field('VmRSS'), most: field('VmHWM') };
}

// Runs of two things in turn, so that both see the same noise: at most so many, within so many seconds, after a few that
// do not count.
export async function inTurn(runs, seconds, measured, baseline) {
  const end = performance.now() + seconds * 1000;
  const [values, besides] = [[], []];
  for (let n = -3; n < runs && (values.length < 3 || performance.now() < end); n++) {
    const [one, other] = [await measured(), await baseline()];
    if (n < 0) continue;
    values.push(one);
    besides.push(other);
  }
  return { values, besides };
}

// Requests per second with 8 connections, from a process of its own; with `anew`, each for an address of its own.
let load;
let counter;
export async function requestsPerSecond(url, { seconds = 3, headers = [], anew = false } = {}) {
  load ??= (await has('wrk')) ? 'wrk' : (await has('oha')) ? 'oha' : '';
  if (!load) throw new NotThere('neither wrk nor oha is installed');
  if (anew && load !== 'wrk') throw new NotThere('only wrk can ask for another address each time');
  const more = headers.flatMap(it => ['-H', it]);
  if (anew) {
    if (!counter) {
      const folder = mkdtempSync(join(tmpdir(), 'bench-'));
      process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
      counter = join(folder, 'anew.lua');
    }
    writeFileSync(counter, 'local n = 0\nrequest = function() n = n + 1 return wrk.format(nil, wrk.path .. "?n=" .. n .. "x" .. os.time()) end\n');
    more.push('-s', counter);
  }
  const given = load === 'wrk' ? ['-t1', '-c8', `-d${seconds}s`, ...more, url] : ['--no-tui', '-c', '8', '-z', `${seconds}s`, ...more, url];
  const { stdout } = await run(load, given, { seconds: seconds + 20 });
  const wrong = stdout.match(/Non-2xx or 3xx responses: (\d+)/) ?? stdout.match(/\[(?:4|5)\d\d\] (\d+) responses/);
  if (wrong) throw new Error(`${wrong[1]} requests to ${url} failed under load`);
  const found = stdout.match(/Requests\/sec:\s+([\d.]+)/);
  if (!found) throw new Error(`${load} did not say how many: ${stdout.slice(0, 300)}`);
  return Number(found[1]);
}

// A sleeping node process, as the baseline for memory.
export async function idleNode() {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: 'ignore' });
  children.add(child);
  await pause(700);
  const found = memory(child.pid).now;
  child.kill('SIGKILL');
  children.delete(child);
  return found;
}

export async function kindOfDisk(folder) {
  return run('stat', ['-f', '-c', '%T', folder]).then(it => it.stdout.trim(), () => 'unknown');
}

export function read(folder, name) {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo bench -p server --bench store -- --make ${folder}`);
  return JSON.parse(readFileSync(path, 'utf8'));
}
