// What it costs that a request's caller is looked up (R24): the same requests with a session and, to another process on a copy of the
// database, in `open` mode, in turn.
import { MILLISECONDS, figure, median } from './figures.mjs';
import { copyOf, inTurn, must, program, run, serve } from './machine.mjs';

const LOGIN = 'bench';
const PASSWORD = 'a password of the bench';
const RUNS = 600;

async function signedIn(folder, data) {
  const database = copyOf(folder, data.name, 'login');
  const user = ['user', 'add', LOGIN, '--name', 'Bench', '--role', 'admin', '--password-stdin'];
  await run('env', [`DATABASE_URL=sqlite://${database}`, program, ...user], { input: `${PASSWORD}\n` });
  const server = await serve(database, { settings: { ROLLCALL_AUTH: 'login' } });
  const answer = must(await server.post('/api/session', { login: LOGIN, password: PASSWORD }), 'a login');
  return { server, cookie: answer.headers['set-cookie'][0].split(';')[0] };
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
