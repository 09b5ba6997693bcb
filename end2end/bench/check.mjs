// What it costs that a request's caller is looked up (R24): the same requests with a session and, to another process on a copy of the
// database, in `open` mode, in turn. And what a scope costs on the page of a matrix.
import { MILLISECONDS, figure, median } from './figures.mjs';
import { copyOf, inTurn, must, program, run, serve, shell } from './machine.mjs';

const LOGIN = 'bench';
const PASSWORD = 'a password of the bench';
const RUNS = 600;

async function addUser(database, login, role, more = []) {
  const user = ['user', 'add', login, '--name', 'Bench', '--role', role, ...more, '--password-stdin'];
  await run('env', [`DATABASE_URL=sqlite://${database}`, program, ...user], { input: `${PASSWORD}\n` });
}

async function cookieOf(server, login) {
  const answer = must(await server.post('/api/session', { login, password: PASSWORD }), 'a login');
  return answer.headers['set-cookie'][0].split(';')[0];
}

async function signedIn(folder, data) {
  const database = copyOf(folder, data.name, 'login');
  await addUser(database, LOGIN, 'admin');
  const server = await serve(database, { settings: { ROLLCALL_AUTH: 'login' } });
  return { server, cookie: await cookieOf(server, LOGIN) };
}

// The page of a matrix for a viewer whose scope is every cluster, so that it is as large as the one of a viewer without a scope.
export async function scoped(folder, data) {
  const database = copyOf(folder, data.name, 'scoped');
  const { stdout } = await shell(database, "SELECT 'n=' || name FROM clusters;");
  const clusters = [...stdout.matchAll(/n=(.+)/g)].flatMap(it => ['--scope-cluster', it[1]]);
  await addUser(database, LOGIN, 'admin');
  await addUser(database, 'everywhere', 'viewer');
  await addUser(database, 'scoped', 'viewer', clusters);
  const server = await serve(database, { settings: { ROLLCALL_AUTH: 'login' } });
  try {
    const cookies = [await cookieOf(server, 'scoped'), await cookieOf(server, 'everywhere')];
    let asked = 0;
    // Each time at an address of its own, so that no page is a kept one.
    const matrix = async cookie => must(await server.get(`/releases/${data.release}?bench=${asked++}`, { accept: 'text/html', cookie }), 'the matrix');
    const [some, all] = [await matrix(cookies[0]), await matrix(cookies[1])];
    if (Math.abs(some.bytes - all.bytes) > all.bytes / 10) throw new Error(`with a scope of all clusters the page has ${some.bytes} bytes, without one ${all.bytes}`);
    const ask = async cookie => (await matrix(cookie)).milliseconds;
    const { values, besides } = await inTurn(RUNS, 10, () => ask(cookies[0]), () => ask(cookies[1]));
    figure({ name: 'matrix page of a viewer with a scope', size: data.name, values, unit: MILLISECONDS, baseline: { what: 'without a scope', values: besides } });
    figure({ name: 'matrix page with a scope: times the one without', size: data.name, values: median(values) / median(besides), unit: 'x', target: 1.2 });
  } finally {
    await server.stop();
  }
}

export async function check(folder, data) {
  const { server: login, cookie } = await signedIn(folder, data);
  const open = await serve(copyOf(folder, data.name, 'open'));
  const compare = async (what, path, target) => {
    const headers = { accept: 'text/html' };
    const ask = async (server, more) => must(await server.get(path, { ...headers, ...more }), path).milliseconds;
    const { values, besides } = await inTurn(RUNS, 6, () => ask(login, { cookie }), () => ask(open, {}));
    figure({ name: `${what}, with a session`, size: data.name, values, unit: MILLISECONDS, baseline: { what: 'without', values: besides } });
    const added = (median(values) - median(besides)) * 1000;
    figure({ name: `${what}: what a session adds`, size: data.name, values: added, unit: 'us', target });
  };
  try {
    await compare('a page, asked for again within a second', '/clusters', 50);
    await compare('progress of a release by REST', `/api/releases/${data.release}/progress`, 50);
    // Nothing of it is kept, so that the caller is one more trip to the database.
    await compare('one cluster by REST', '/api/clusters/1', null);
  } finally {
    await login.stop();
    await open.stop();
  }
}
