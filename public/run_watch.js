// How runs go on (R75): keeps the lines of runs and their outputs up to date, by the page's connection, by the stream of a release, or
// by asking. Loaded by `runs.js`.

const { search } = new URL(import.meta.url);
const { ORDER, QUIET_MS, WORDS, capitalized, element, hears, is_over, say, server_now, tell_page, watch } = await import(`./run_parts.js${search}`);
const { make_view } = await import(`./run_output.js${search}`);

const TICK_MS = 1_000;
// A run is over, and the page does not know of it by itself.
const UNHEARD_MS = 1_500;
// Over how long streams that were lost at once come back.
const SPREAD_MS = 5_000;
// In run mode: until the page has marked the step done.
const GO_ON_WITHIN_MS = 15_000;

// The outputs that are shown, by the ids of their runs.
const views = new Map();

// --- How far runs are.

// What they are of, and their last state, of those that were asked for here.
const begun = new Map();
const states = new Map();

// The steps whose runs were asked for in this tab, with their names. What such a run marks is undone as what the tab changed itself (R101).
const asked_steps = new Map();

export function expect_mark(step) {
  asked_steps.set(step.id, `${step.name} for ${step.customer.name}`);
}

// As domain/own_changes.rs keeps it; what was undone before cannot be done again then.
async function keep_undo(run, name) {
  const { json } = await watch(`/api/audit?entity=step&entityId=${run.stepId}&limit=5`);
  const mark = json?.items.find((it) => it.after?.run?.id === run.id && ['done', 'fail'].includes(it.action));
  if (!mark) return;
  const key = `rollcall.undo.${run.releaseId}`;
  const line = (...parts) => parts.join('\x1f');
  const what = `mark ${mark.action === 'done' ? 'done' : 'failed'}, ${name}`;
  try {
    const kept = (sessionStorage.getItem(key) ?? '').split('\n').filter((it) => it && !it.startsWith('r'));
    kept.push(line('u', mark.batchId, Date.parse(mark.at), what), line('b', mark.batchId));
    sessionStorage.setItem(key, kept.join('\n'));
  } catch {
    return;
  }
  tell_page([run]);
}

// A run was asked for here.
export function begin(run, step) {
  expect_mark(step);
  begun.set(run.id, { name: `${step.name} for ${step.customer.name}`, goes_on: Boolean(document.querySelector('.run__step')) });
  states.set(run.id, run.state);
  say(`Asked to run ${step.name} for ${step.customer.name}`);
  if (!hears()) tell_page([run]);
}

const items_of = (id) => document.querySelectorAll(`[data-run-id="${id}"]`);

// Brings the line of a run up to date, which the page renders anew only when its step changes.
async function show_state(id, state) {
  for (const item of items_of(id)) {
    item.dataset.runState = state;
    item.querySelector('[data-run-word]').textContent = WORDS[state] ?? state;
  }
  const { json: run } = await watch(`/api/runs/${id}`);
  if (!run) return;
  for (const item of items_of(id)) {
    const [on, since] = [item.querySelector('[data-run-on]'), item.querySelector('[data-run-since]')];
    if (on && run.runner) on.textContent = `, on ${run.runner}`;
    if (since) since.dataset.runSince = Date.parse(run.startedAt ?? run.askedAt);
    // It may have begun while this was asked.
    if (item.dataset.runState === run.state) show_reason(item, run.reason);
  }
}

// What a run waits for, as long as it does.
function show_reason(item, reason) {
  const line = item.querySelector('.reason');
  if (!reason) return line?.remove();
  const text = capitalized(reason);
  if (!line) item.querySelector('p').after(element('p', { class: 'muted small reason' }, text));
  else if (line.textContent !== text) line.textContent = text;
}

// The next step of the run mode, once the page has marked this one done and if nobody does anything else there.
function go_on(step) {
  const until = Date.now() + GO_ON_WITHIN_MS;
  const look = () => {
    const row = document.querySelector('.run__list [aria-current=step]');
    const is_here = row?.getAttribute('href').endsWith(`step=${step}`);
    const is_busy = document.querySelector('dialog[open]') || document.activeElement?.matches('input:not([type=checkbox], [type=radio]), textarea, select');
    if (!is_here || is_busy || Date.now() > until) return;
    if (row.dataset.state === 'done') return document.querySelector('.run__step a.next')?.click();
    setTimeout(look, 100);
  };
  look();
}

function hear_of_run(run) {
  const { id, state } = run;
  const view = views.get(String(id));
  if (view && (run.last > view.seen || is_over(state))) view.read();
  const items = [...items_of(id)];
  const before = states.get(id) ?? items[0]?.dataset.runState;
  // Notices come by two ways, and a late one tells what was.
  if (before && (is_over(before) || (!is_over(state) && ORDER.indexOf(state) < ORDER.indexOf(before)))) return;
  states.set(id, state);
  if (before === state) {
    // The page may have rendered what was before.
    if (items.some((it) => it.dataset.runState !== state)) show_state(id, state);
    return;
  }
  const own = begun.get(id);
  if (items.length > 0 || own) say(`${own?.name ?? 'Run'}: ${(WORDS[state] ?? state).toLowerCase()}`);
  if (!is_over(state)) {
    if (items.some((it) => it.dataset.runState !== state)) show_state(id, state);
    return;
  }
  setTimeout(() => {
    if ([...items_of(id)].some((it) => !is_over(it.dataset.runState))) tell_page([run]);
  }, hears() ? UNHEARD_MS : 0);
  if (state === 'succeeded' && own?.goes_on) go_on(run.stepId);
  const asked = asked_steps.get(run.stepId);
  if (asked_steps.delete(run.stepId)) keep_undo(run, asked);
}

addEventListener('rollcall-run-news', ({ detail: run }) => {
  hear_of_run(run);
  if (!is_over(run.state)) return;
  // What it held up may wait for something else by now.
  for (const { dataset } of document.querySelectorAll('[data-run-state=queued]')) {
    if (dataset.runId !== String(run.id)) show_state(Number(dataset.runId), dataset.runState);
  }
});
// Shows each output that is open.
export function show() {
  let is_new = Boolean(document.querySelector('[data-run-since]:empty'));
  for (const details of document.querySelectorAll('[data-run-output]')) {
    const { runId } = details.closest('[data-run-id]').dataset;
    let view = views.get(runId);
    // Rendered anew because the run is over: who reads in it or searches it goes on.
    if (details.shown === undefined) {
      details.shown = true;
      if (view?.is_used && !details.open) details.open = true;
    }
    if (!details.open) continue;
    if (!view) {
      view = make_view(runId, details.dataset.runOutput, details.dataset.runOf, hear_of_run);
      views.set(runId, view);
      // It may have gone on while the page rendered it.
      view.look();
    }
    if (view.box.parentElement !== details) {
      view.put_into(details);
      view.read();
      is_new = true;
    }
  }
  if (is_new) tick();
}

new MutationObserver(show).observe(document.body, { childList: true, subtree: true });

// While another step is on its way this one is inert, and has no place for a caret or a selection: the browser would look for one in all of
// a long output, character by character, before it paints the next frame.
new MutationObserver((changes) => {
  const selection = getSelection();
  const is_there = (body) => [selection.anchorNode, selection.focusNode].some((it) => it && body.contains(it));
  if (changes.some(({ target }) => target.inert && is_there(target))) selection.removeAllRanges();
}).observe(document.body, { subtree: true, attributeFilter: ['inert'] });

// Who folds it is done with it.
addEventListener('toggle', (event) => {
  const details = event.target.closest?.('[data-run-output]');
  const view = details === event.target && views.get(details?.closest('[data-run-id]')?.dataset.runId);
  if (!view || view.box.parentElement !== details) return;
  if (details.open) view.wake();
  else view.is_used = false;
}, true);

// --- The stream of a release tells output as it comes; the page's own connection tells no output. Without it one asks each second.

let stream;
let stream_of;
let stream_failed_at = 0;

function end_stream() {
  stream?.close();
  stream = stream_of = undefined;
}

function keep_stream(release) {
  if (release === undefined || document.hidden) return end_stream();
  if (stream_of === release || Date.now() - stream_failed_at < QUIET_MS) return;
  end_stream();
  stream_of = release;
  stream = new EventSource(`/api/events?release=${release}`);
  const listen = (name, does) => stream.addEventListener(name, (event) => does(JSON.parse(event.data)));
  listen('hello', () => { for (const it of views.values()) it.read(); });
  listen('run-output', ({ runId, items }) => views.get(String(runId))?.hear(items));
  listen('run', hear_of_run);
  stream.onerror = () => {
    // Not all at once where many have lost it.
    stream_failed_at = Date.now() + SPREAD_MS * Math.random();
    end_stream();
  };
}

function seconds_text(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor(seconds / 60) % 60} min`;
}

function tick() {
  const now = Date.now();
  for (const it of document.querySelectorAll('[data-run-since]')) {
    const text = `, ${seconds_text(Math.max(Math.floor((server_now() - Number(it.dataset.runSince)) / 1_000), 0))}`;
    if (it.textContent !== text) it.textContent = text;
  }
  const followed = [];
  for (const view of views.values()) {
    if (view.box.isConnected && view.box.checkVisibility()) followed.push(view);
    else if (!view.box.isConnected) {
      // The page may be about to render it anew.
      view.left_at ??= now;
      if (now - view.left_at > QUIET_MS) views.delete(view.id);
    }
  }
  const live = followed.filter((it) => !it.is_over);
  keep_stream(live[0]?.release);
  const wait = stream?.readyState === 1 ? QUIET_MS : TICK_MS;
  for (const view of live) {
    if (document.hidden || now - view.read_at < wait) continue;
    view.read();
    if (!hears() && stream?.readyState !== 1) view.look();
  }
}

setInterval(tick, TICK_MS);
