// Runs in the cells of the matrix and in the rows of the run mode (R75): those that somebody waits for say whether they wait, run, or have
// lost their runner. Loaded by `live.js`, whose connection tells how runs go on.

// By state: the value of `data-running`, which the style draws, and the words at the end of a cell's name.
const SHOWN = { queued: ['queued', 'queued'], claimed: ['queued', 'queued'], running: ['running', 'running'], lost: ['lost', 'lost its runner'] };
const WORDS = /, (queued|running|lost its runner)$/;
const PAGE = 500;

// The run of a step, and its state.
let unsettled = new Map();
// The release that they are of; none if they are to be asked for.
let asked_of;
let shown_of;

// The runs of a release that somebody waits for, by their steps; none if the server cannot be asked or the page is of another release by now.
async function read(release) {
  const found = new Map();
  for (let cursor = ''; cursor !== null;) {
    const query = new URLSearchParams({ releaseId: release, unsettled: 'true', limit: PAGE, ...(cursor && { cursor }) });
    const answer = await fetch(`/api/runs?${query}`, { headers: { 'X-Rollcall-Background': '1' } });
    if (!answer.ok) return;
    const { items, nextCursor } = await answer.json();
    if (asked_of !== release) return;
    for (const { id, stepId, state } of items) found.set(String(stepId), { id, state });
    cursor = nextCursor ?? null;
  }
  return found;
}

async function ask(release) {
  asked_of = release;
  if (release !== shown_of) unsettled = new Map();
  shown_of = release;
  show();
  if (release === null) return;
  // What is heard meanwhile is newer than the answers.
  const heard = new Set();
  const note = ({ detail }) => heard.add(String(detail.stepId));
  addEventListener('rollcall-run-news', note);
  const found = await read(release).catch(() => {});
  removeEventListener('rollcall-run-news', note);
  if (!found || asked_of !== release) return;
  for (const step of heard) {
    if (unsettled.has(step)) found.set(step, unsettled.get(step));
    else found.delete(step);
  }
  unsettled = found;
  show();
}

const step_of = (it) => it.dataset.step ?? it.getAttribute('href')?.match(/step=(\d+)$/)?.[1];

// A step that is not in progress any more has been decided about.
function show_run(it, state) {
  const [kind, words] = (it.dataset.state === 'in_progress' && SHOWN[state]) || [];
  if (it.dataset.running !== kind) {
    if (kind) it.dataset.running = kind;
    else it.removeAttribute('data-running');
  }
  const name = it.getAttribute('aria-label');
  const named = name?.replace(WORDS, '') + (words ? `, ${words}` : '');
  if (name && name !== named) it.setAttribute('aria-label', named);
}

function show() {
  for (const it of document.querySelectorAll('[data-running]')) if (!unsettled.has(step_of(it))) show_run(it);
  for (const [step, { state }] of unsettled) {
    for (const it of document.querySelectorAll(`.matrix [data-step="${step}"], .run__list [href$="step=${step}"]`)) show_run(it, state);
  }
}

addEventListener('rollcall-run-news', ({ detail: { id, stepId, releaseId, state } }) => {
  const step = String(stepId);
  if (SHOWN[state]) {
    if (releaseId === shown_of) unsettled.set(step, { id, state });
  } else if (unsettled.get(step)?.id === id) unsettled.delete(step);
  show();
});

// Whoever changes a step may have decided about its lost run, which only the server knows.
export function hear_of_decisions({ changes }) {
  const is_lost = (it) => it.entity === 'step' && unsettled.get(String(it.id))?.state === 'lost';
  if (!changes || changes.some(is_lost)) asked_of = undefined;
}

// Shows the runs of the release that the page is of, also where it has rendered something since.
export function keep(release, is_missed) {
  if (is_missed || release !== asked_of) ask(release);
  else if (unsettled.size > 0) show();
}
