// The page's one connection to `/api/events` (R32): hears what others change and tells the page, as the event `rollcall` of the window.
// Loaded once the page is interactive and idle. It is plain JavaScript because the same in WASM would weigh ten times as much.

// After the first failure all pages of a server that went come back within this time; later tries wait longer each time.
const SPREAD_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;
// The server ends each stream after a quarter of an hour; that is no failure.
const ENDED_BY_SERVER_MS = 600_000;
const LOST_AFTER_MS = 3_000;
const NOTICED_MS = 300;
const BUSY_TRIES = 5;
// Who looks at something says so anew within this time; the server forgets it after twice as long.
const PRESENCE_MS = 15_000;
// How often what is shown of others is put where the page has been rendered again.
const SHOW_PEOPLE_MS = 1_000;
// Changes that come faster than this are told together.
const TELL_EVERY_MS = 250;
// For so long after a change the focus and the scroll positions are put back if their elements were rendered again.
const KEEP_FOCUS_MS = 5_000;
// Server functions that change nothing.
const READS = /\/rpc\/(read|list|preview|compare|count|is)_/;
// Marks and notes.
const WORK = /\/rpc\/(act_on_steps?|note_step)(\?|$)/;
const BATCH_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const SCROLLS = ['.page', '.sheet__body', '.run__list', '.run__step'];

// --- Reads that a change by others brought about, on a page where nobody has done anything since, say so: watching is no use of a session.

let is_watched = false;
for (const it of ['keydown', 'pointerdown', 'click', 'input', 'popstate']) addEventListener(it, () => { is_watched = false; }, true);

function read(request, options) {
  if (!is_watched) return send(request, options);
  const quiet = new Request(request, options);
  quiet.headers.set('X-Rollcall-Background', '1');
  return send(quiet);
}

// --- What this page changes itself is not told to it: the batches that its own requests were answered with. While a request has no
// answer it is not known yet which changes are its own, so nothing is told.

const own = new Set();
let n_writing = 0;
const send = window.fetch;
window.fetch = async (request, options) => {
  const url = request instanceof Request ? request.url : String(request);
  if (!url.includes('/rpc/')) return send(request, options);
  if (READS.test(url)) return read(request, options);
  n_writing += 1;
  // The page gets its answer first.
  const end = () => setTimeout(() => { n_writing -= 1; tell(); });
  try {
    const answer = await (WORK.test(url) ? send_or_wait(request, options) : send(request, options));
    answer.clone().arrayBuffer().then((body) => {
      for (const [batch] of new TextDecoder('latin1').decode(body).matchAll(BATCH_ID)) own.add(batch);
    }).catch(() => {}).finally(end);
    return answer;
  } catch (error) {
    end();
    throw error;
  }
};

// --- Marks and notes wait while the connection is lost, and are sent one after the other when it is back.

let n_waiting = 0;
let queue = Promise.resolve();
// What goes on when the connection is back, or is to be tried again.
let tries = [];

function wait(change) {
  n_waiting += change;
  say('waiting', n_waiting > 0 && `${n_waiting} ${n_waiting === 1 ? 'change waits' : 'changes wait'} to be sent.`);
}

// Under a key of its own, so that what was carried out although its answer was lost is not carried out again.
async function deliver(request, options) {
  let now = new Request(request, options);
  now.headers.set('Idempotency-Key', crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  for (let n_busy = 0; ;) {
    const again = now.clone();
    try {
      const answer = await send(now);
      // Of a server function only this has a problem for an answer: the first sending is still being carried out.
      const is_busy = answer.status === 409 && answer.headers.get('content-type')?.startsWith('application/problem+json');
      if (!is_busy || n_busy++ === BUSY_TRIES) return answer;
      await new Promise((done) => setTimeout(done, NOTICED_MS * n_busy));
    } catch (error) {
      if (!is_lost()) throw error;
      await new Promise((done) => tries.push(done));
    }
    now = again;
  }
}

async function send_or_wait(request, options) {
  if (!is_lost() && n_waiting === 0) {
    const again = request instanceof Request ? request.clone() : request;
    try {
      return await send(request, options);
    } catch (error) {
      // Of a server that went, the connection may hear a moment later.
      await new Promise((done) => setTimeout(done, NOTICED_MS));
      if (!is_lost()) throw error;
      request = again;
    }
  }
  wait(1);
  const sent = queue.then(() => deliver(request, options));
  queue = sent.catch(() => {}).finally(() => wait(-1));
  return sent;
}

function try_again() {
  const waiting = tries;
  tries = [];
  for (const go of waiting) go();
}

addEventListener('beforeunload', (event) => { if (n_waiting > 0) event.preventDefault(); });

// --- Telling the page.

let heard = [];
let next_tell;

// A text, since the page has no parser of JSON: the releases, who, when in milliseconds, and then a line for each event, or `*` for more than are named.
function text_of(changes) {
  const all = new Set(changes.flatMap((it) => it.releases ?? []));
  const last = changes.at(-1);
  const is_many = changes.some((it) => !it.changes);
  const events = changes.flatMap((it) => it.changes ?? []);
  const lines = events.map((it) => [it.entity, it.id, it.action, it.releaseId ?? 0, it.customerId ?? 0].join(' '));
  return [[...all].join(' '), last.actor ?? '', Date.parse(last.at) || 0, ...(is_many ? ['*'] : lines)].join('\n');
}

function tell() {
  if (n_writing > 0 || next_tell) return;
  const changes = heard.filter((it) => !own.has(it.batchId));
  heard = [];
  if (changes.length === 0) return;
  next_tell = setTimeout(() => { next_tell = undefined; tell(); }, TELL_EVERY_MS);
  keep_place();
  is_watched = true;
  window.dispatchEvent(new CustomEvent('rollcall', { detail: text_of(changes) }));
}

function hear(change) {
  heard.push(change);
  tell();
}

// --- Focus and scroll stay where they are although parts of the page are rendered again.

let place;
let watcher;

function path_of(element) {
  const path = [];
  for (let at = element; at && at.id !== 'main'; at = at.parentElement) {
    if (at.id) return `#${CSS.escape(at.id)}${path.map((it) => ` > ${it}`).join('')}`;
    path.unshift(`${at.localName}:nth-child(${[...at.parentElement.children].indexOf(at) + 1})`);
  }
  return `#main > ${path.join(' > ')}`;
}

function look_at_place() {
  const focused = document.activeElement;
  const main = document.getElementById('main');
  place.scrolls = SCROLLS.map((it) => document.querySelector(it)).map((it) => [it, it?.scrollTop, it?.scrollLeft]);
  place.open = [...document.querySelectorAll('#main details[open]')].map((it) => [it, path_of(it)]);
  // The grid looks after its own focus.
  if (!focused || !main?.contains(focused) || focused.closest('.matrix')) { place.focused = undefined; return; }
  // A link or a button is found again by what it says, wherever it is now.
  const href = focused.getAttribute('href');
  place.focused = focused;
  place.selector = href ? `#main a[href="${CSS.escape(href)}"]` : path_of(focused);
  place.text = focused.matches('input, textarea') ? undefined : focused.textContent;
  place.caret = 'selectionStart' in focused ? [focused.selectionStart, focused.selectionEnd, focused.scrollTop] : undefined;
}

function put_back() {
  const { scrolls, open } = place;
  for (const [element, path] of open) {
    const now = element.isConnected ? undefined : document.querySelector(path);
    if (now?.localName === 'details') now.open = true;
  }
  for (const [index, [element, top, left]] of scrolls.entries()) {
    if (!element || element.isConnected || !(top || left)) continue;
    const now = document.querySelector(SCROLLS[index]);
    if (now && !now.scrollTop && !now.scrollLeft) now.scrollTo(left, top);
  }
  put_focus_back();
}

function put_focus_back() {
  if (!place) return;
  const { focused, selector, text, caret } = place;
  const active = document.activeElement;
  const is_nowhere = active === document.body;
  // A dialog that was rendered again takes the focus itself, a moment later.
  const is_its_own = focused?.id && active.id === focused.id;
  if (!focused || focused.isConnected || !(is_nowhere || is_its_own)) return look_at_place();
  const now = is_nowhere ? document.querySelector(selector) : active;
  if (!now || now.localName !== focused.localName || (text !== undefined && now.textContent !== text)) return;
  if (is_nowhere) now.focus({ preventScroll: true });
  if (document.activeElement !== now) return;
  if (caret && 'selectionStart' in now) { now.setSelectionRange(caret[0], caret[1]); now.scrollTop = caret[2]; }
  look_at_place();
}

function keep_place() {
  place ??= {};
  look_at_place();
  if (!watcher) {
    watcher = new MutationObserver(put_back);
    watcher.observe(document.getElementById('main'), { childList: true, subtree: true });
    for (const it of ['focusin', 'input', 'keyup', 'pointerup']) addEventListener(it, put_focus_back);
    addEventListener('scroll', put_focus_back, true);
  }
  clearTimeout(place.end);
  place.end = setTimeout(() => {
    watcher.disconnect();
    watcher = undefined;
    for (const it of ['focusin', 'input', 'keyup', 'pointerup']) removeEventListener(it, put_focus_back);
    removeEventListener('scroll', put_focus_back, true);
    place = undefined;
  }, KEEP_FOCUS_MS);
}

// --- Lines about the connection, read out when they come.

let region;

function say(name, text, action) {
  if (!region) {
    region = document.createElement('div');
    region.className = 'live-lines';
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  const before = region.querySelector(`[data-line=${name}]`);
  if (!text) return before?.remove();
  if (before && !action) { before.textContent = text; return; }
  const line = document.createElement('p');
  line.dataset.line = name;
  line.textContent = text;
  if (action) line.append(action);
  region.append(line);
}

function say_updated() {
  if (region?.querySelector('[data-line=updated]')) return;
  const reload = document.createElement('button');
  reload.className = 'button';
  reload.dataset.size = 's';
  reload.textContent = 'Reload';
  // Unsaved text is asked about by the page itself.
  reload.onclick = () => location.reload();
  say('updated', 'Rollcall was updated · ', reload);
}

// --- Who else is here (R33).

let people = [];
let told = '{}';
let told_at = 0;

// The release, and within it the customer and the step, that the address names.
function place_of_page() {
  const [, release, customer] = location.pathname.match(/^\/releases\/(\d+)(?:\/customer\/(\d+))?$/) ?? [];
  if (!release) return { releaseId: null };
  const step = new URLSearchParams(location.search).get('step') ?? '';
  const editing = Boolean(document.activeElement?.matches('#main textarea, dialog textarea'));
  return { releaseId: Number(release), ...(customer && { customerId: Number(customer) }), ...(/^\d+$/.test(step) && { stepId: Number(step) }), editing };
}

function say_place(word) {
  const body = JSON.stringify(word);
  if (body === told && (word.releaseId === null || Date.now() - told_at < PRESENCE_MS)) return;
  const before = JSON.parse(told).releaseId ?? null;
  if (told === '{}' && word.releaseId === null) return;
  [told, told_at] = [body, Date.now()];
  const post = (body) => send('/api/presence', { method: 'POST', headers: { 'content-type': 'application/json' }, body, keepalive: true }).catch(() => {});
  // Whoever goes to another release is no longer at the first.
  const moves = before !== null && word.releaseId !== null && before !== word.releaseId;
  if (moves) post('{"releaseId":null}').then(() => post(body));
  else post(body);
}

function initials_of(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], ...words.slice(1).slice(-1)].map((it) => [...it][0]).join('').toUpperCase();
}

function show_people() {
  const { releaseId, stepId } = place_of_page();
  const here = people.filter((it) => it.releaseId === releaseId);
  const list = document.getElementById('also-here');
  const names = here.map((it) => it.name).join('\n');
  if (list && list.dataset.names !== names) {
    list.dataset.names = names;
    list.hidden = here.length === 0;
    list.replaceChildren(...here.map(({ name }) => {
      const item = document.createElement('li');
      item.title = name;
      // Initials for the eye, the name for who listens.
      const [shown, said] = [document.createElement('span'), document.createElement('span')];
      shown.setAttribute('aria-hidden', 'true');
      shown.textContent = initials_of(name);
      said.className = 'sr';
      said.textContent = name;
      item.append(shown, said);
      return item;
    }));
  }
  const at_step = new Map();
  for (const it of here) if (it.stepId) at_step.set(String(it.stepId), [...(at_step.get(String(it.stepId)) ?? []), initials_of(it.name)]);
  for (const cell of document.querySelectorAll('.matrix [data-here]')) if (!at_step.has(cell.dataset.step)) cell.removeAttribute('data-here');
  for (const [step, initials] of at_step) {
    const cell = document.querySelector(`.matrix [data-step="${step}"]`);
    if (cell && cell.dataset.here !== initials.join(' ')) cell.dataset.here = initials.join(' ');
  }
  const line = document.querySelector('[data-also-here]');
  const text = here.filter((it) => it.stepId === stepId && stepId).map((it) => `${it.name} ${it.editing ? 'is editing' : 'is looking at this step'}`).join(', ');
  if (line && line.textContent !== text) {
    line.textContent = text;
    line.hidden = !text;
  }
}

function hear_people({ releaseId, people: now }) {
  people = [...people.filter((it) => it.releaseId !== releaseId), ...now.map((it) => ({ ...it, releaseId }))];
  show_people();
}

function keep_presence() {
  if (!is_open || document.hidden) return;
  say_place(place_of_page());
  if (people.length > 0) show_people();
}

// --- The connection.

let source;
let is_open = false;
let position;
let version;
let opened_at = 0;
let n_failures = 0;
let next_try;
let lost;

function connect() {
  clearTimeout(next_try);
  next_try = undefined;
  if (source || document.hidden) return;
  opened_at = Date.now();
  source = new EventSource(position === undefined ? '/api/events' : `/api/events?after=${position}`);
  const listen = (name, does) => source.addEventListener(name, (event) => {
    if (/^\d+$/.test(event.lastEventId)) position = event.lastEventId;
    does(JSON.parse(event.data));
  });
  listen('hello', (hello) => {
    n_failures = 0;
    is_open = true;
    // Who is here comes next.
    people = [];
    show_people();
    clearTimeout(lost);
    lost = undefined;
    document.documentElement.removeAttribute('data-lost');
    document.documentElement.setAttribute('data-live', '');
    if (region) say('lost');
    try_again();
    keep_presence();
    if (hello.version !== version) say_updated();
  });
  listen('change', hear);
  listen('presence', hear_people);
  // What was missed cannot be told: everything is read anew.
  listen('reset', () => hear({}));
  source.onerror = fail;
}

function disconnect() {
  if (is_open) say_place({ releaseId: null });
  is_open = false;
  document.documentElement.removeAttribute('data-live');
  source?.close();
  source = undefined;
  clearTimeout(next_try);
  clearTimeout(lost);
  next_try = lost = undefined;
}

// The browser's own way to connect again gives up after any answer but 200, as that of a proxy before a server that is starting.
function fail() {
  source?.close();
  source = undefined;
  is_open = false;
  document.documentElement.removeAttribute('data-live');
  const is_end = n_failures === 0 && Date.now() - opened_at > ENDED_BY_SERVER_MS;
  const wait = n_failures === 0 ? SPREAD_MS * Math.random() : Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** n_failures) * (0.5 + Math.random() / 2);
  n_failures += 1;
  next_try = setTimeout(() => { try_again(); connect(); }, is_end ? wait / 3 : wait);
  lost ??= setTimeout(() => {
    document.documentElement.setAttribute('data-lost', new Date(Date.now() - LOST_AFTER_MS).toTimeString().slice(0, 5));
    say('lost', 'Connection lost. What you see may be out of date.');
  }, LOST_AFTER_MS);
}

// Whether the last try to connect failed, and no later one has succeeded.
const is_lost = () => n_failures > 0;

// `after` is the last event that the page was rendered with; without it only what comes from now on is heard. `of` is the version of
// the server that rendered it.
export function start(after, of) {
  position = after ?? undefined;
  version = of;
  connect();
  // Only a visible page holds a connection: a browser has six for a server.
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  const look = () => setTimeout(keep_presence);
  for (const name of ['pushState', 'replaceState']) {
    const plain = history[name].bind(history);
    history[name] = (...entry) => { plain(...entry); look(); };
  }
  for (const it of ['popstate', 'focusin', 'focusout']) addEventListener(it, look);
  setInterval(keep_presence, SHOW_PEOPLE_MS);
  addEventListener('pageshow', connect);
  addEventListener('offline', () => source && fail());
  addEventListener('online', () => {
    if (source) return;
    clearTimeout(next_try);
    next_try = setTimeout(connect, 1_000 * Math.random());
  });
}
