// Live updates measured (R34): how long a mark takes until all open streams have it, what streams cost a mark's own answer and in
// memory, that a thousand hold, and how those that a restart ended come back. Each stream is a connection of its own.
import http from 'node:http';
import { MEMORY, MILLISECONDS, figure, median, percentile } from './figures.mjs';
import { copyOf, must, pause, remove, serve } from './machine.mjs';

const STREAMS = 200;
const PEOPLE = 50;
const MANY = 1000;
const MARKS = 60;
// One mark in this time, with streams and without: a mark after a pause takes longer than one of many in a row, whatever else is open.
const RHYTHM = 100;
const PATIENCE = 20_000;
// When a client comes back after so many failures: a page as `fail` of public/live.js says, others when the stream said.
const COMES_BACK = {
  pages: n => (n === 0 ? 5_000 * Math.random() : Math.min(15_000, 1_000 * 2 ** n) * (0.5 + Math.random() / 2)),
  'other clients': (_, retry) => retry,
};
const AT_ONCE = 500;

// A stream of this person; `told(batch)` is called with each change as it arrives.
function open(server, person, told) {
  return new Promise((done, failed) => {
    const agent = new http.Agent({ maxSockets: 1 });
    const sent = http.get(`${server.url}/api/events`, { agent, headers: { 'x-rollcall-user': `person ${person}` } }, answer => {
      if (answer.statusCode !== 200) return failed(new Error(`a stream was answered ${answer.statusCode}`));
      let text = '';
      answer.setEncoding('utf8');
      answer.on('error', () => {});
      answer.on('data', chunk => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          if (event.startsWith('event: hello')) done(() => sent.destroy());
          else if (event.startsWith('event: change')) told(event.match(/"batchId":"([^"]+)"/)[1], performance.now());
          else if (event.startsWith('event: reset')) failed(new Error('a stream that kept up was told to read anew'));
        }
      });
    });
    sent.on('error', failed);
  });
}

async function openAll(server, n, told) {
  const all = [];
  for (let at = 0; at < n; at++) all.push(open(server, at % PEOPLE, told));
  return Promise.all(all);
}

// Starts and reopens one cell in turn: the answers' times, and the batch with the time of each request.
export async function marks(server, id, n, before = async () => {}) {
  const times = [];
  for (let at = 0; at < n; at++) {
    const began = performance.now();
    const answer = must(await server.post(`/api/steps/${id}/${at % 2 ? 'reopen' : 'start'}`, {}), 'a mark');
    times.push(answer.milliseconds);
    await before(answer.headers['x-rollcall-batch'], began);
  }
  return times;
}

export async function streams(data, server, take) {
  const [id] = take(1);
  const inRhythm = (_, began) => pause(Math.max(began + RHYTHM - performance.now(), 0));
  await marks(server, id, 20);
  const rowAlone = await marks(server, id, MARKS);
  const alone = await marks(server, id, MARKS, inRhythm);
  // By batch: when each stream had it.
  const arrived = new Map();
  let wake = () => {};
  const told = (batch, at) => {
    if (!arrived.has(batch)) arrived.set(batch, []);
    arrived.get(batch).push(at);
    wake();
  };
  const close = await openAll(server, STREAMS, told);
  const reached = [];
  const everybody = (batch, began) => new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`a mark reached ${arrived.get(batch)?.length ?? 0} of ${STREAMS} streams`)), PATIENCE);
    wake = () => {
      if ((arrived.get(batch)?.length ?? 0) < STREAMS) return;
      clearTimeout(timer);
      reached.push(...arrived.get(batch).map(it => it - began));
      done();
    };
    wake();
  });
  const beside = await marks(server, id, MARKS, async (batch, began) => {
    await everybody(batch, began);
    await inRhythm(batch, began);
  });
  const row = await marks(server, id, MARKS);
  const { now } = server.memory();
  for (const it of close) it();
  const again = await marks(server, id, MARKS, inRhythm);
  const size = data.name;
  const without = [...alone, ...again];
  figure({ name: `a mark until ${STREAMS} streams have it: p99`, size, values: percentile(reached, 0.99), unit: MILLISECONDS, target: 100 });
  figure({ name: `a mark until ${STREAMS} streams have it`, size, values: reached, unit: MILLISECONDS });
  figure({ name: `mark one cell by REST beside ${STREAMS} streams`, size, values: beside, unit: MILLISECONDS, baseline: { what: 'without streams', values: without } });
  figure({ name: `a mark beside ${STREAMS} streams: times one without`, size, values: median(beside) / median(without), unit: 'x', target: 1.2 });
  figure({ name: `marks in a row beside ${STREAMS} streams: times without`, size, values: median(row) / median(rowAlone), unit: 'x' });
  figure({ name: `memory: with ${STREAMS} streams`, size, values: now, unit: MEMORY, target: 150 });

  arrived.clear();
  let n = 0;
  const many = await openAll(server, MANY, () => { n += 1; wake(); });
  const all = new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`a mark reached ${n} of ${MANY} streams`)), PATIENCE);
    wake = () => {
      if (n < MANY) return;
      clearTimeout(timer);
      done(performance.now());
    };
  });
  const began = performance.now();
  await marks(server, id, 1);
  figure({ name: `a mark until ${MANY} streams have it`, size, values: (await all) - began, unit: MILLISECONDS });
  figure({ name: `memory: with ${MANY} streams`, size, values: server.memory().now, unit: MEMORY });
  for (const it of many) it();
}

// A client that comes back whenever its stream ends; `told()` is called at each hello.
function follow(url, person, comesBack, told) {
  const agent = new http.Agent({ maxSockets: 1 });
  let [failures, retry, isClosed] = [0, undefined, false];
  let next;
  let sent;
  const connect = () => {
    let isOver = false;
    const lose = () => {
      if (isOver || isClosed) return;
      isOver = true;
      next = setTimeout(connect, comesBack(failures, retry));
      failures += 1;
    };
    sent = http.get(`${url}/api/events`, { agent, headers: { 'x-rollcall-user': `person ${person}` } }, answer => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('error', () => {});
      answer.on('close', lose);
      answer.on('data', chunk => {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop();
        for (const event of events) {
          retry = Number(event.match(/^retry: (\d+)$/m)?.[1] ?? retry);
          if (!event.startsWith('event: hello')) continue;
          failures = 0;
          told();
        }
      });
    });
    sent.on('error', lose);
  };
  connect();
  return () => {
    isClosed = true;
    clearTimeout(next);
    sent.destroy();
    agent.destroy();
  };
}

function mostWithin(times, milliseconds) {
  return Math.max(...times.map(from => times.filter(it => it >= from && it < from + milliseconds).length));
}

// When all clients of a server that is restarted are back at it, from when it was told to end.
async function restart(database, comesBack) {
  let server = await serve(database, { keep: true });
  let times = [];
  let wake = () => {};
  const all = what => new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${times.length} of ${STREAMS} clients ${what}`)), PATIENCE);
    wake = () => {
      if (times.length < STREAMS) return;
      clearTimeout(timer);
      done(times);
    };
  });
  const told = () => { times.push(performance.now()); wake(); };
  const here = all('came');
  const close = Array.from({ length: STREAMS }, (_, at) => follow(server.url, at % PEOPLE, comesBack, told));
  try {
    await here;
    times = [];
    const back = all('came back');
    const began = performance.now();
    await server.stop();
    server = await serve(database, { keep: true, settings: { ROLLCALL_ADDR: new URL(server.url).host } });
    const up = performance.now() - began;
    return { up, times: (await back).map(it => it - began) };
  } finally {
    for (const it of close) it();
    await server.stop();
  }
}

export async function restarted(folder, data) {
  const database = copyOf(folder, data.name, 'restarted');
  const size = data.name;
  try {
    for (const [who, comesBack] of Object.entries(COMES_BACK)) {
      const { up, times } = await restart(database, comesBack);
      const note = `the server was up after ${Math.round(up)} ms`;
      figure({ name: `restart: ${STREAMS} ${who} are back within`, size, values: Math.max(...times), unit: MILLISECONDS, note });
      figure({ name: `restart: ${STREAMS} ${who} come back spread over`, size, values: Math.max(...times) - Math.min(...times), unit: MILLISECONDS, target: 3_500, more: true });
      figure({ name: `restart: most of ${STREAMS} ${who} in ${AT_ONCE} ms`, size, values: mostWithin(times, AT_ONCE), unit: '', target: STREAMS / 4 });
    }
  } finally {
    remove(database);
  }
}
