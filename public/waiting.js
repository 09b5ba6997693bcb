// Marks and notes wait while the connection is lost (R32), and are sent one after the other when it is back, in the order in which they
// were asked for. Loaded by `live.js`, which knows whether the connection is lost.

const NOTICED_MS = 300;
const BUSY_TRIES = 5;
// For so long what was asked for earlier is waited for once it has its turn: it comes a moment after the answer that it waited for.
const COMING_MS = 1_000;
// How often the cells of an action on many are drawn as waiting where the page has rendered them again.
const DRAW_MS = 1_000;
const MANY = /\/rpc\/act_on_steps(\?|$)/;

const root = document.documentElement;
// What `live.js` knows and does.
let page;

// --- The order: each gets a number when it is asked for. While a step has something without an answer the page itself holds back what is
// asked of it next (`pages/request_queue`), and says on the root how many it holds: these have their numbers from then on.

let newest = 0;
// The numbers of what the page holds, and of what it holds no longer and is about to send. Which one it lets go is not said; it is the
// first one where all is sent in order.
const held = [];
const let_go = [];
// The numbers of what is being sent for the first time.
const under_way = new Set();
// Goes on where what was asked for earlier is waited for.
let look_again = () => {};

function forget(number) {
  const at = let_go.indexOf(number);
  if (at >= 0) let_go.splice(at, 1);
  look_again();
}

function hold(n) {
  while (held.length < n) held.push(++newest);
  while (held.length > n) {
    const number = held.shift();
    let_go.push(number);
    // It may be neither a mark nor a note: a cell that is read, an undo.
    setTimeout(forget, COMING_MS, number);
  }
}

function note_held(changes) {
  // The value that one change has brought is the old one of the next.
  for (const it of changes.slice(1)) hold(Number(it.oldValue));
  hold(Number(root.dataset.queued ?? 0));
  say_how_many();
}
const observer = new MutationObserver(note_held);
observer.observe(root, { attributeFilter: ['data-queued'], attributeOldValue: true });

function take_number() {
  note_held(observer.takeRecords());
  return let_go.shift() ?? ++newest;
}

// --- What waits, by number.

const waiting = [];

function say_how_many() {
  const n = waiting.length + held.length;
  page?.say('waiting', waiting.length > 0 && `${n} ${n === 1 ? 'change waits' : 'changes wait'} to be sent.`);
}

// The cells of an action on many. Those of single marks the page draws itself.
let next_draw;
function draw_cells() {
  const steps = new Set(waiting.flatMap((it) => it.steps));
  for (const it of document.querySelectorAll('.matrix [data-waits]')) if (!steps.has(it.dataset.step)) it.removeAttribute('data-waits');
  clearTimeout(next_draw);
  if (steps.size === 0) return;
  for (const it of document.querySelectorAll('.matrix [data-step]')) if (steps.has(it.dataset.step)) it.dataset.waits = '';
  next_draw = setTimeout(draw_cells, DRAW_MS);
}

function show() {
  say_how_many();
  draw_cells();
}

addEventListener('beforeunload', (event) => { if (waiting.length > 0) event.preventDefault(); });

// --- Sending.

// What was carried out although its answer is lost can be undone like the rest (R101): the tab keeps it, as domain/own_changes.rs
// does, and what is heard next has the page look there.
async function keep_undo(batch, request, release) {
  const { id, action } = await request.json();
  const verb = { done: 'mark done', fail: 'mark failed' }[action] ?? action ?? 'edit notes';
  const line = (...parts) => parts.join('\x1f');
  const key = `rollcall.undo.${release}`;
  // What was undone before cannot be done again then.
  const kept = (sessionStorage.getItem(key) ?? '').split('\n').filter((it) => it && !it.startsWith('r'));
  // The id of a batch begins with its time.
  const at = parseInt(batch.replace('-', '').slice(0, 12), 16);
  kept.push(line('u', batch, at, id ? `${verb}, 1 cell` : verb), line('b', batch));
  sessionStorage.setItem(key, kept.join('\n'));
  page.hear_next({ releases: [release], changes: [] });
}

// The answer; none while the connection is lost.
async function deliver(it) {
  for (let n_busy = 0; ;) {
    const now = it.request;
    it.request = now.clone();
    try {
      const answer = await page.send(page.based_on(it.known, now, true));
      // Of a server function only what is known of its key has a problem for an answer.
      if (answer.status !== 409 || !answer.headers.get('content-type')?.startsWith('application/problem+json')) return answer;
      const { batchId } = JSON.parse(await answer.text());
      if (batchId) {
        // It was carried out, and the answer is lost with the server that made it. Done again it changes nothing, and says how it is now.
        page.own.add(batchId);
        if (it.release) await keep_undo(batchId, it.request.clone(), it.release).catch(() => {});
        it.request.headers.delete('Idempotency-Key');
      } else {
        // The first sending is still being carried out.
        if (n_busy++ === BUSY_TRIES) return answer;
        await new Promise((done) => setTimeout(done, NOTICED_MS * n_busy));
      }
    } catch (error) {
      if (!page.is_lost()) throw error;
      return undefined;
    }
  }
}

// Waits for what was asked for before the first one, and is still to come.
async function wait_for_earlier() {
  let is_late = false;
  const end = setTimeout(() => { is_late = true; look_again(); }, COMING_MS);
  const is_earlier = (number) => number < waiting[0].number;
  while (!is_late && [...held, ...let_go, ...under_way].some(is_earlier)) await new Promise((done) => { look_again = done; });
  clearTimeout(end);
}

let is_sending = false;
// Goes on when the connection is back, or is to be tried again.
export let try_again = () => {};

async function send_all() {
  is_sending = true;
  while (waiting.length > 0) {
    await wait_for_earlier();
    const first = waiting[0];
    try {
      const answer = await deliver(first);
      if (!answer) {
        // What is first may be another one then.
        await new Promise((done) => { try_again = done; });
        continue;
      }
      // What is sent next to the same cell says that this was the page's own.
      await page.take_body(answer);
      first.answer(answer);
    } catch (error) {
      first.fail(error);
    }
    waiting.splice(waiting.indexOf(first), 1);
    show();
  }
  is_sending = false;
}

function wait(it) {
  waiting.push(it);
  waiting.sort((a, b) => a.number - b.number);
  if (MANY.test(it.request.url)) it.request.clone().json().then(({ ids }) => { it.steps = ids.map(String); draw_cells(); }).catch(() => {});
  say_how_many();
  look_again();
  if (!is_sending) send_all();
}

// Under a key of its own from the first sending on, so that what was carried out although its answer was lost is not carried out again,
// and has its answer. `known` is how far the page had heard, `release` the one that it is of.
export async function send_or_wait(plain, options, known, release) {
  const number = take_number();
  let request = new Request(plain, options);
  request.headers.set('Idempotency-Key', crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  if (!page.is_lost() && waiting.length === 0) {
    const again = request.clone();
    under_way.add(number);
    try {
      return await page.send(page.based_on(known, request));
    } catch (error) {
      // Of a server that went, the connection may hear a moment later.
      await new Promise((done) => setTimeout(done, NOTICED_MS));
      if (!page.is_lost()) throw error;
      request = again;
    } finally {
      under_way.delete(number);
      look_again();
    }
  }
  return new Promise((answer, fail) => wait({ number, request, known, release, steps: [], answer, fail }));
}

export function start(of) {
  page = of;
  note_held([]);
}
