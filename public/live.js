// The page's one connection to `/api/events` (R32): hears what others change and tells the page, as the event `rollcall` of the window.
// Loaded once the page is interactive and idle. It is plain JavaScript because the same in WASM would weigh ten times as much.

// After the first failure all pages of a server that went come back within this time; later tries wait longer each time.
const SPREAD_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;
// The server ends each stream after a quarter of an hour; that is no failure.
const ENDED_BY_SERVER_MS = 600_000;
const LOST_AFTER_MS = 3_000;
const NOTICED_MS = 300;
// How often what is shown of others and of runs is put where the page has been rendered again.
const SHOW_PEOPLE_MS = 1_000;
// Changes that come faster than this are told together.
const TELL_EVERY_MS = 250;
// For so long after a change the focus and the scroll positions are put back if their elements were rendered again.
const KEEP_FOCUS_MS = 5_000;
// Marks and notes.
const WORK = /\/rpc\/(act_on_steps?|note_step)(\?|$)/;
// Gives the page's person a name.
const NAMING = /\/rpc\/set_actor(\?|$)/;
// What puts the focus where it belongs after an answer or a navigation has done so by then.
const LOST_FOCUS_MS = 300;
const SCROLLS = ['.page', '.sheet', '.sheet__body', '.run__list', '.run__step'];

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

const { READS, own, count, take_body } = window.own_writes;
// A mark says how far the page had heard when it was made, from a lost connection until everything missed is shown: what others did to
// its cell since then is then asked about, and not overwritten.
const OWN_SAID_MAX = 50;
const BEHIND_MS = 5_000;
let seen;
let is_behind = false;
function based_on(known, request, has_waited) {
  if (known === undefined || !(is_behind || has_waited)) return request;
  const based = new Request(request);
  based.headers.set('X-Rollcall-Seen', [known, ...[...own].slice(-OWN_SAID_MAX)].join(' '));
  return based;
}
// Has marks and notes wait while the connection is lost; none if it could not be loaded, and they fail then.
let waiting;
const send = window.fetch;
window.fetch = async (request, options) => {
  const url = request instanceof Request ? request.url : String(request);
  if (!url.includes('/rpc/')) return send(request, options);
  if (READS.test(url)) return read(request, options);
  count(1);
  // Who is here is told by names: under the old one the page leaves, and under the new one it hears of all but itself. What was said under
  // the old one is heard before: else whoever had it would stay.
  const is_naming = NAMING.test(url);
  if (is_naming) await disconnect(true);
  // The page gets its answer first; and what it then sends to the same cell, which may have been asked for before, goes before the news.
  const end = () => setTimeout(count, is_behind ? NOTICED_MS : 0, -1);
  try {
    const answer = await (waiting && WORK.test(url) ? waiting.send_or_wait(request, options, seen, release_of_page()) : send(request, options));
    if (is_naming) connect();
    await take_body(answer);
    end();
    return answer;
  } catch (error) {
    if (is_naming) connect();
    end();
    throw error;
  }
};

// --- Telling the page.

let heard = [];
let next_tell;

// A text, since the page has no parser of JSON: the releases, who if it was one person, when in milliseconds, and then a line for each
// event, or `*` for more than are named.
function text_of(changes) {
  const all = new Set(changes.flatMap((it) => it.releases ?? []));
  const last = changes.at(-1);
  const is_many = changes.some((it) => !it.changes);
  const events = changes.flatMap((it) => it.changes ?? []);
  const lines = events.map((it) => [it.entity, it.id, it.action, it.releaseId ?? 0, it.customerId ?? 0].join(' '));
  const by = changes.every((it) => it.actor === last.actor) ? last.actor : undefined;
  return [[...all].join(' '), by ?? '', Date.parse(last.at) || 0, ...(is_many ? ['*'] : lines)].join('\n');
}

addEventListener('rollcall-written', tell);

function tell() {
  if (document.documentElement.hasAttribute('data-writing') || next_tell) return;
  const changes = heard.filter((it) => !own.has(it.batchId));
  heard = [];
  seen = position;
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

// That a run has another state (R71) need not be a change of the history: pages that list runs are told by the event `rollcall-runs`.
const run_states = new Map();
addEventListener('rollcall-run-news', ({ detail: { id, state } }) => {
  if (run_states.get(id) === state) return;
  run_states.set(id, state);
  keep_place();
  is_watched = true;
  window.dispatchEvent(new Event('rollcall-runs'));
});

// A page that is about to read by itself, as every few seconds.
addEventListener('rollcall-quiet', () => { keep_place(); is_watched = true; });

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

// Never from one step into another: what is typed would go to the wrong one.
const step_around = (element) => element.closest('[data-of-step]')?.dataset.ofStep;

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
  place.step = step_around(focused);
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
  const { focused, selector, text, caret, step } = place;
  const active = document.activeElement;
  const is_nowhere = active === document.body;
  // A dialog that was rendered again takes the focus itself, a moment later.
  const is_its_own = focused?.id && active.id === focused.id;
  if (!focused || focused.isConnected || !(is_nowhere || is_its_own)) return look_at_place();
  const now = is_nowhere ? document.querySelector(selector) : active;
  if (!now || now.localName !== focused.localName || (text !== undefined && now.textContent !== text) || step_around(now) !== step) return;
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

// --- The focus is never lost to the page as a whole. Where its element goes away, be it by a click or by a later answer, the dialog or
// form around it gets it, else the page. A field that may be rendered again is left to `put_back`, and whoever was typing gets no cell,
// where letters are keys.

let [had_focus, looks_at] = [[], 0];
function look_for_focus(n_left = 20) {
  const [lost] = had_focus;
  if (document.activeElement !== document.body || !lost || lost.checkVisibility()) return;
  // What is being loaded may be what the page focuses by itself.
  if (n_left > 0 && document.querySelector('html[data-loading]')) { looks_at = setTimeout(look_for_focus, LOST_FOCUS_MS, n_left - 1); return; }
  const was_typing = lost.matches('input, textarea');
  if (place && was_typing) return;
  const around = had_focus.find((it) => it.isConnected && it.matches('dialog[open], form'));
  const fields = around?.querySelectorAll('input:not([type=hidden]), select, textarea, button') ?? [];
  const cell = was_typing ? null : document.querySelector('[role=grid] [tabindex="0"]');
  const heading = document.querySelector('h1');
  if (heading) heading.tabIndex = -1;
  const to = [...fields].find((it) => it.checkVisibility()) ?? document.querySelector('[data-home]') ?? cell ?? heading;
  to?.focus({ preventScroll: true });
}

addEventListener('focusin', ({ target }) => {
  had_focus = [];
  for (let it = target; it; it = it.parentElement) had_focus.push(it);
});
addEventListener('focusout', () => { clearTimeout(looks_at); looks_at = setTimeout(look_for_focus, LOST_FOCUS_MS); });

// --- Lines about the connection, read out when they come.

let region;

function say(name, text, action) {
  if (!region) {
    region = document.querySelector('.live-lines') ?? document.createElement('div');
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

// --- Who else is here (R33): a module of its own, which comes with the first stream.

let people_module;

// The release that the address names.
const release_of_page = () => Number(location.pathname.match(/^\/releases\/(\d+)(?:\/customer\/\d+)?$/)?.[1] ?? 0) || null;

function with_people(call) {
  people_module ??= import(`/presence.js${new URL(import.meta.url).search}`).catch(() => { people_module = undefined; });
  people_module.then((it) => it && call(it));
}

function keep_presence() {
  if (is_open && !document.hidden && (people_module || /^\/releases\/\d+(\/customer\/\d+|\/steps)?$/.test(location.pathname))) with_people((it) => is_open && it.keep(send));
}

// --- Runs (R75): `run_cells.js` shows them in cells and rows. What else shows runs hears of them by the event `rollcall-run-news`.

const cells = import(`./run_cells.js${new URL(import.meta.url).search}`).catch(() => {});

// `is_missed`: not all that happened was heard.
function keep_runs(is_missed = false) {
  if (!is_open || document.hidden) return;
  cells.then((it) => it?.keep(release_of_page(), is_missed));
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
    seen ??= position;
    setTimeout(() => { is_behind = is_lost(); }, BEHIND_MS);
    // Who is here comes next; and this server may know nothing of this page yet.
    people_module?.then((it) => it?.forget());
    clearTimeout(lost);
    lost = undefined;
    document.documentElement.removeAttribute('data-lost');
    document.documentElement.setAttribute('data-live', '');
    if (region) say('lost');
    waiting?.try_again();
    // What could not be read is read again.
    window.dispatchEvent(new Event('rollcall-back'));
    keep_presence();
    keep_runs(true);
    if (hello.version !== version) say_updated();
  });
  listen('change', (change) => {
    cells.then((it) => it?.hear_of_decisions(change));
    hear(change);
  });
  listen('presence', (news) => with_people((it) => it.hear(news)));
  listen('run', (run) => window.dispatchEvent(new CustomEvent('rollcall-run-news', { detail: run })));
  // What was missed cannot be told: everything is read anew.
  listen('reset', () => { keep_runs(true); hear({}); });
  source.onerror = fail;
}

// `stays`: the page is still there afterwards. Ends when the server has heard that the page is gone.
function disconnect(stays = false) {
  // Whether or not the stream is open: a browser that loads another page ends the stream first, and tells of that later.
  const left = people_module?.then((it) => it?.leave(send, stays));
  is_open = false;
  is_behind = true;
  document.documentElement.removeAttribute('data-live');
  source?.close();
  source = undefined;
  clearTimeout(next_try);
  clearTimeout(lost);
  next_try = lost = undefined;
  return left;
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
  is_behind = true;
  next_try = setTimeout(() => { waiting?.try_again(); connect(); }, is_end ? wait / 3 : wait);
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
  seen = position;
  version = of;
  connect();
  // Only a visible page holds a connection: a browser has six for a server.
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', () => disconnect());
  const look = () => setTimeout(() => { keep_presence(); keep_runs(); });
  for (const name of ['pushState', 'replaceState']) {
    const plain = history[name].bind(history);
    history[name] = (...entry) => { plain(...entry); look(); };
  }
  for (const it of ['popstate', 'focusin', 'focusout']) addEventListener(it, look);
  setInterval(() => { keep_presence(); keep_runs(); }, SHOW_PEOPLE_MS);
  addEventListener('pageshow', connect);
  addEventListener('offline', () => source && fail());
  addEventListener('online', () => {
    if (source) return;
    clearTimeout(next_try);
    next_try = setTimeout(connect, 1_000 * Math.random());
  });
}

// Last, since all above works without it. No page starts the connection before.
await import(`./waiting.js${new URL(import.meta.url).search}`).then((it) => {
  it.start({ send, own, take_body, based_on, say, is_lost, hear_next: (change) => heard.push(change) });
  waiting = it;
}, () => {});
