// A page that shows a step's output while 50 MB of it come (R75): how long the page is held up, what it gets over the wire, what the
// server needs for it, and what it costs a mark. A real runner carries the step out on this machine.
import { MEMORY, MILLISECONDS, NotThere, figure, median, say } from './figures.mjs';
import { SLOWER, open, shownOnly, toPaint, visit } from './browser.mjs';
import { background, copyOf, must, pause, serve } from './machine.mjs';
import { marks } from './streams.mjs';

const MIB = 1024 * 1024;
const LINE = '2026-06-01T07:00:00Z INFO billing.invoices: moved 1,000 rows';
// `head` ends `yes` by a signal, which would fail the text.
const print = bytes => `(yes '${LINE}' || true) | head -c ${bytes}`;
// How 50 MB come: so that there is time to work beside them, and as fast as they can.
const TEXTS = {
  'in ten seconds': `for part in {1..50}; do ${print(MIB)}; sleep 0.2; done`,
  'at once': print(50 * MIB),
};
const SAMPLED_EVERY = 50;
// Usable, not as quick as ever: a person does not wait for the page.
const PAINT = 100;
const ROUNDS_ALONE = 5;
const PATIENCE = 60_000;

async function json(answer) {
  return JSON.parse(must(await answer, 'a request').content.toString());
}

async function until(what, holds) {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
    await pause(50);
  }
}

// A runner for all clusters.
async function startRunner(server) {
  const { items } = await json(server.get('/api/clusters'));
  const clusters = items.map(it => it.name);
  const { token } = await json(server.post('/api/runners', { name: 'bench', clusters }));
  const given = ['runner', '--url', server.url, '--clusters', clusters.join(','), '--kinds', 'bash'];
  return background(given, { ROLLCALL_RUNNER_TOKEN: token });
}

// A step of a release that the page does not show, so that marks of it have nothing rendered anew.
async function stepElsewhere(server, customer) {
  const release = await json(server.post('/api/releases', { name: 'Beside', type: 'release' }));
  await json(server.post(`/api/releases/${release.id}/templates`, { name: 'Announce', category: 'deploy', type: 'text', content: 'Tell them.' }));
  await json(server.post(`/api/releases/${release.id}/activate`, { customerIds: [customer] }));
  const { rows } = await json(server.get(`/api/releases/${release.id}/matrix`));
  return rows[0].cells[0].id;
}

// Pending bash steps of different customers.
async function findSteps(server, data, n) {
  const found = new Map();
  for (const id of data.pendingIds) {
    const step = await json(server.get(`/api/steps/${id}`));
    if (step.type === 'bash' && !found.has(step.customerId)) found.set(step.customerId, step);
    if (found.size === n) return [...found.values()];
  }
  throw new NotThere(`there are only ${found.size} customers with pending bash steps`);
}

// What a person does beside it: letters in the notes of the panel, which stays open, and the next cell and back.
async function work(page, step, marked) {
  const [letters, arrows] = [[], []];
  // After the last arrow key the step of the other cell may still be there, whose notes refuse the focus.
  await page.locator(`[data-of-step="${step.id}"]`).first().waitFor();
  await page.getByLabel('Notes').first().focus();
  for (const key of ['a', 'Backspace', 'a', 'Backspace']) letters.push(await toPaint(page, 'keydown', 'typed', null, () => page.keyboard.press(key)));
  await page.locator('.matrix [role=gridcell][tabindex="0"], .matrix td[tabindex="0"]').first().focus();
  for (const key of ['ArrowDown', 'ArrowUp']) arrows.push(await toPaint(page, 'keydown', 'moved', null, () => page.keyboard.press(key)));
  return { letters, arrows, times: await marked() };
}

function joined(rounds) {
  const all = name => rounds.flatMap(it => it[name]);
  return { letters: shownOnly(all('letters'), 'a letter in the notes'), arrows: shownOnly(all('arrows'), 'the keyboard in the next cell'), times: all('times') };
}

// Where the run is over before the page has shown its output, that is folded.
async function showOutput(page, id) {
  const fold = page.locator(`[data-run-id="${id}"] [data-run-output]`);
  const shown = page.getByRole('group', { name: `Output of run ${id}` });
  await until('the output of the run is shown', async () => {
    if (await shown.isVisible()) return true;
    await page.evaluate(() => window.__bench.frames(2));
    const isFolded = (await fold.count()) === 1 && (await fold.getAttribute('open')) === null;
    if (isFolded) await fold.locator('summary').click();
    return false;
  });
}

// What comes over the wire from now on. Answers are compressed, and say how long they were when they have ended; streams are not.
function countBytes(client) {
  const lengths = new Map();
  const received = it => lengths.set(it.requestId, (lengths.get(it.requestId) ?? 0) + it.dataLength);
  const finished = it => lengths.set(it.requestId, it.encodedDataLength);
  client.on('Network.dataReceived', received);
  client.on('Network.loadingFinished', finished);
  return {
    bytes: () => [...lengths.values()].reduce((sum, it) => sum + it, 0),
    end() {
      client.off('Network.dataReceived', received);
      client.off('Network.loadingFinished', finished);
    },
  };
}

// The run is asked for, and worked beside until it is over.
async function beside(page, client, server, runner, step, marked) {
  const isOver = async id => !['queued', 'claimed', 'running'].includes((await json(server.get(`/api/runs/${id}`))).state);
  const most = { server: 0, runner: 0 };
  const sample = () => {
    most.server = Math.max(most.server, server.memory().now);
    most.runner = Math.max(most.runner, runner.memory().now);
  };
  const before = { server: server.memory().now, runner: runner.memory().now };
  const wire = countBytes(client);
  const since = await page.evaluate(() => performance.now());
  const sampler = setInterval(sample, SAMPLED_EVERY);
  const began = performance.now();
  try {
    const { id } = await json(server.post(`/api/steps/${step.id}/run`, { version: step.version }));
    await showOutput(page, id);
    const rounds = [];
    do rounds.push(await work(page, step, marked)); while (!(await isOver(id)));
    const took = performance.now() - began;
    const run = await json(server.get(`/api/runs/${id}`));
    if (run.state !== 'succeeded' || run.outputBytes !== 50 * MIB) throw new Error(`the run is ${run.state} with ${run.outputBytes} bytes: ${run.reason}`);
    // What came at the end is still drawn.
    await pause(1500);
    const tasks = await page.evaluate(since => window.__bench.tasks.filter(it => it.start >= since), since);
    return { before, most, bytes: wire.bytes(), took, tasks, ...joined(rounds) };
  } finally {
    clearInterval(sampler);
    wire.end();
  }
}

async function measure(browser, data, server, runner, how, step, elsewhere) {
  const made = must(await server.post(`/api/steps/${step.id}/override`, { content: TEXTS[how], version: step.version }), 'an override');
  const changed = JSON.parse(made.content.toString());
  const { context, page, client } = await visit(browser, { slower: SLOWER });
  try {
    await client.send('Network.enable');
    await open(page, `${server.url}/releases/${data.release}?step=${step.id}`);
    await page.locator('html[data-live]').waitFor({ state: 'attached' });
    await until('the server knows of the runner', async () => (await json(server.get(`/api/steps/${step.id}/run`))).canRun);
    await pause(1500);
    const marked = () => marks(server, elsewhere, 4);
    const rounds = [];
    for (let n = 0; n < ROUNDS_ALONE; n++) rounds.push(await work(page, step, marked));
    const alone = joined(rounds);
    const found = await beside(page, client, server, runner, { id: step.id, version: changed.version }, marked);
    tell(data.name, how, alone, found);
  } finally {
    await context.close();
  }
}

function tell(size, how, alone, found) {
  const longest = Math.max(0, ...found.tasks.map(it => it.long));
  const baseline = values => ({ what: 'without a run', values });
  const of = name => `50 MB of output ${how}: ${name}`;
  say(`the run took ${Math.round(found.took)} ms; ${found.tasks.length} tasks over 50 ms`);
  figure({ name: of('the longest task, at 4x'), size, values: longest, unit: MILLISECONDS, target: 200 });
  figure({ name: of('letter to paint, at 4x'), size, values: found.letters, unit: MILLISECONDS, baseline: baseline(alone.letters), target: PAINT });
  figure({ name: of('arrow key to paint, at 4x'), size, values: found.arrows, unit: MILLISECONDS, baseline: baseline(alone.arrows), target: PAINT });
  figure({ name: of('over the wire to the page'), size, values: found.bytes / 1e6, unit: 'MB' });
  figure({ name: of('memory of the server at most'), size, values: found.most.server, unit: MEMORY, baseline: { what: 'before', values: found.before.server }, target: 150 });
  figure({ name: of('memory of the runner at most'), size, values: found.most.runner, unit: MEMORY, baseline: { what: 'before', values: found.before.runner } });
  figure({ name: of('mark one cell by REST'), size, values: found.times, unit: MILLISECONDS, baseline: baseline(alone.times) });
  figure({ name: of('a mark: times one without'), size, values: median(found.times) / median(alone.times), unit: 'x' });
}

export async function output(browser, folder, data) {
  const server = await serve(copyOf(folder, data.name, 'runs'));
  let runner;
  try {
    const ways = Object.keys(TEXTS);
    const steps = await findSteps(server, data, ways.length);
    const elsewhere = await stepElsewhere(server, steps[0].customerId);
    runner = await startRunner(server);
    for (const [at, how] of ways.entries()) await measure(browser, data, server, runner, how, steps[at], elsewhere);
  } finally {
    await runner?.stop();
    await server.stop();
  }
}
