// Runs on the pages where people work (R75): asks before a step or many are run, cancels and retries. Loaded when a button with
// `data-run` is first pressed, when the page asks by the event `rollcall-run`, or when an output is open. What a run does to its step the
// page hears as anybody's change, and renders the step anew; `run_watch.js` keeps what is shown of runs up to date meanwhile.

const { search } = new URL(import.meta.url);
const { capitalized, count_of, element, glyph, hears, is_over, post, say, server, tell_page } = await import(`./run_parts.js${search}`);

const READS_AT_ONCE = 6;
const STEPS_MAX = 500;
const TIMEOUT_SECONDS = 1_800;
const TIMEOUT_MINUTES_MAX = 1_440;

// From here on: a run that was asked for may have another state before the answer is here.
const watching = import(`./run_watch.js${search}`);
// Its style is that of the questions too.
await watching.catch(() => {});
watching.catch(() => {});

// Shows each output that is open.
export const show = async () => (await watching).show();

// --- The question before a run.

const HUES = [1, 6, 3, 2, 4, 5, 7, 8];

// The colour of a cluster, as domain/cluster.rs has it.
function hue(cluster) {
  const at = (((cluster - 1) % 32) + 32) % 32;
  return HUES[at % 8] + 8 * Math.floor(at / 8);
}

// For whom and where: the guard over each text.
function place_strip({ name, namespace, cluster }) {
  const slash = () => element('i', {}, '/');
  return element('div', { class: 'place-strip', 'data-cluster': hue(cluster.id) },
    element('span', {}, name), slash(), element('span', {}, cluster.name), slash(), element('span', { class: 'mono' }, namespace));
}

// The text, scrolled by the keyboard too.
const text_block = (text) => element('pre', { class: 'run-text', tabindex: '0' }, text);

function give_focus_back(before) {
  const button = before?.dataset?.run && document.querySelector(`[data-run="${CSS.escape(before.dataset.run)}"]`);
  const find = (selector) => document.querySelector(selector);
  const to = before?.isConnected && before !== document.body ? before : button || find('[role=grid] [tabindex="0"]') || find('[data-home]');
  to?.focus({ preventScroll: true });
}

// A dialog with its parts; `does` is called when the main button is pressed.
function question(title, verb, does) {
  const before = document.activeElement;
  const heading = element('h2', { class: 'grow', id: 'run-dialog-title' }, title);
  const failure = element('p', { class: 'alert', 'data-tone': 'danger', role: 'alert', hidden: '' });
  const content = element('div', { class: 'run-asked' }, element('p', { class: 'quiet' }, 'Loading…'));
  const minutes = element('input', { class: 'input', 'data-size': 's', id: 'run-timeout', type: 'number', min: '1', max: TIMEOUT_MINUTES_MAX, step: '1' });
  const timeout = element('div', { class: 'row run-timeout' }, element('label', { for: 'run-timeout' }, 'End it after'), minutes, element('span', {}, 'min'));
  const cancel = element('button', { class: 'button push', type: 'button' }, 'Cancel');
  const go = element('button', { class: 'button', 'data-kind': 'ink', type: 'submit', 'aria-disabled': 'true' }, verb);
  const form = element('form', { class: 'run-question', novalidate: '' },
    element('div', { class: 'dialog__head' }, heading),
    element('div', { class: 'dialog__body stack' }, failure, content, timeout),
    element('div', { class: 'dialog__foot' }, cancel, go));
  const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': heading.id }, form);
  // What was filled in counts to the second, also if that is no whole number of minutes.
  let filled;
  const asked = {
    dialog, heading, content, timeout, cancel, go,
    fill_timeout(seconds) {
      minutes.value = String(Math.round((seconds / 60) * 100) / 100);
      filled = { seconds, text: minutes.value };
    },
    seconds: () => (minutes.value === filled.text ? filled.seconds : Math.round(Number(minutes.value) * 60)),
    fail(problem) {
      failure.textContent = problem ?? '';
      failure.hidden = !problem;
    },
    // Whether it can be run now.
    allow(can) {
      if (can) go.removeAttribute('aria-disabled');
      else go.setAttribute('aria-disabled', 'true');
      if (can && document.activeElement === cancel) go.focus();
    },
  };
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    dialog.remove();
    give_focus_back(before);
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (go.getAttribute('aria-disabled') === 'true' || go.getAttribute('aria-busy') === 'true') return;
    const is_time = minutes.value === filled.text || (minutes.checkValidity() && asked.seconds() > 0);
    minutes.setAttribute('aria-invalid', String(!is_time));
    if (!is_time) return asked.fail(`Enter minutes from 1 to ${TIMEOUT_MINUTES_MAX.toLocaleString('en-US')}`);
    asked.fail();
    go.setAttribute('aria-busy', 'true');
    // What fails otherwise than by an answer is a script that could not be loaded.
    await does(asked).catch(() => asked.fail("The server can't be reached. Try again"));
    go.removeAttribute('aria-busy');
  });
  asked.fill_timeout(TIMEOUT_SECONDS);
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
  return asked;
}

const STARTABLE = ['pending', 'in_progress', 'failed', 'reverted'];

// Why it is not known how far the step has come, if a run of it has lost its runner and nobody has decided about it since.
async function lost_run(id) {
  const { json, problem } = await server(`/api/runs?stepId=${id}&unsettled=true&limit=1`);
  return { problem, lost: json?.items.find((it) => it.state === 'lost')?.reason };
}

// A step with its text, why it cannot be run, or this run of it again, if it cannot, and what of it may have been done already.
async function read_step(id, retry_of) {
  const asks = retry_of ? `?retryOf=${retry_of}` : '';
  const [detail, offer] = await Promise.all([server(`/api/steps/${id}/detail`), server(`/api/steps/${id}/run${asks}`)]);
  const problem = detail.problem ?? offer.problem;
  if (problem) return { id, problem };
  const step = detail.json;
  const { canRun, reason, runners = [] } = offer.json;
  const missing = step.unresolved.map((it) => it.replace(/^var\./, ''));
  const why_not = (!canRun && capitalized(reason ?? 'it cannot be run'))
    || (!STARTABLE.includes(step.status) && `A ${step.status.replace('_', ' ')} step cannot be run`)
    || (missing.length > 0 && `${missing.join(', ')} not set`);
  const { lost, problem: unknown } = step.status === 'in_progress' ? await lost_run(id) : {};
  if (unknown) return { id, problem: unknown };
  return { id, step, runners, lost, why_not: why_not || undefined };
}

const warning = (text) => element('p', { class: 'small run-warning' }, glyph('i-warn'), ` ${text}`);
const lost_warning = (reason) => warning(`The last run ${reason}. It may be done, half done or still running: check before you run it again`);

async function ask_one(id, retry) {
  let shown;
  // Of a retry the run before.
  let before;
  async function fill(asked) {
    const [found, run] = await Promise.all([read_step(id, retry?.split('/').at(-2)), retry && !before ? server(retry.replace(/\/retry$/, '')) : {}]);
    const { step, runners, why_not } = found;
    const problem = found.problem ?? run.problem;
    if (!asked.dialog.isConnected) return;
    if (problem) {
      asked.content.replaceChildren();
      return asked.fail(problem);
    }
    shown = step;
    if (run.json) {
      before = run.json;
      asked.fill_timeout(before.timeoutSeconds);
    }
    const lost = found.lost ?? (before?.state === 'lost' ? before.reason : undefined);
    asked.heading.textContent = `${retry ? 'Run again' : 'Run'}: ${step.name} for ${step.customer.name}?`;
    const on = runners.length > 1 ? `On one of ${runners.join(', ')}` : runners.length === 1 ? `On ${runners[0]}` : '';
    const facts = [`Step ${step.number} of ${step.release.name}`, on].filter(Boolean).join(' · ');
    const warnings = step.warnings.map((it) => warning(it.message));
    // Before the text, which may be long.
    const said = [place_strip(step.customer), element('p', { class: 'quiet small' }, facts), ...(lost ? [lost_warning(lost)] : [])];
    asked.content.replaceChildren(...said, text_block(step.resolvedContent), ...warnings);
    if (why_not) asked.fail(why_not);
    asked.allow(!why_not);
  }
  const asked = question(retry ? 'Run again?' : 'Run?', retry ? 'Run again' : 'Run', async (asked) => {
    const { begin } = await watching;
    const request = { textSha256: shown.resolvedSha256, timeoutSeconds: asked.seconds() };
    const answer = retry ? await post(retry, request) : await post(`/api/steps/${id}/run`, { ...request, version: shown.version });
    if (!answer.problem) {
      begin(answer.json, shown);
      return asked.dialog.close();
    }
    // It changed since it was shown, or is run by somebody else by now: what is shown is that of now, and the person presses again.
    if ([409, 412].includes(answer.status)) {
      asked.allow(false);
      await fill(asked);
    }
    asked.fail(answer.problem);
  });
  await fill(asked);
}

// Reads many, some at once, in their order.
async function read_many(ids, each) {
  const found = new Array(ids.length);
  let next = 0;
  let n_read = 0;
  const work = async () => {
    while (next < ids.length) {
      const at = next++;
      found[at] = await read_step(ids[at]);
      if (!each(++n_read)) return;
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  return found;
}

function many_item({ id, step, lost, problem, why_not }) {
  const reason = problem ?? why_not;
  const said = reason ? [element('span', { class: 'small run-why' }, reason)] : [];
  if (!step) return element('li', {}, element('b', {}, `Step ${id}`), ' ', ...said);
  const { name, namespace, cluster } = step.customer;
  const place = element('span', { class: 'quiet small run-place' }, `${cluster.name} / `, element('span', { class: 'mono' }, namespace));
  const text = element('details', { class: 'fold' },
    element('summary', {}, glyph('i-chevron'), element('b', { class: 'run-name' }, `${step.name}, ${name}`), ' ', place),
    place_strip(step.customer), text_block(step.resolvedContent));
  if (lost && !reason) said.push(lost_warning(lost));
  return element('li', reason ? { 'data-off': '' } : {}, text, ...said);
}

async function ask_many(ids) {
  const noun = count_of(ids.length, 'step');
  let able = [];
  const asked = question('Run steps?', 'Run', async (asked) => {
    const steps = able.map((it) => it.step);
    const textSha256s = Object.fromEntries(steps.map((it) => [it.id, it.resolvedSha256]));
    const { expect_mark } = await watching;
    const answer = await post('/api/runs', { ids: steps.map((it) => it.id), textSha256s, timeoutSeconds: asked.seconds() });
    if (answer.problem) return asked.fail(answer.problem);
    const { changed, notEligible } = answer.json;
    // Somebody else's run of a step that was left out is none of this tab.
    const left_out = new Set(notEligible.map((it) => it.id));
    for (const it of steps) if (!left_out.has(it.id)) expect_mark(it);
    say(`Asked to run ${count_of(changed, 'step')}`);
    if (!hears()) tell_page(able.map(({ step }) => ({ stepId: step.id, releaseId: step.releaseId, customerId: step.customerId })));
    if (notEligible.length === 0) return asked.dialog.close();
    const list = notEligible.map((it) => element('li', { 'data-off': '' }, element('b', {}, `${it.step}, ${it.customer}`), ' ', element('span', { class: 'small run-why' }, capitalized(it.reason))));
    asked.heading.textContent = `${changed.toLocaleString('en-US')} of ${count_of(able.length, 'step')} will run`;
    asked.content.replaceChildren(element('ul', { class: 'run-many' }, ...list));
    asked.timeout.hidden = true;
    asked.go.hidden = true;
    asked.cancel.textContent = 'Close';
    asked.cancel.focus();
  });
  if (ids.length > STEPS_MAX) {
    asked.content.replaceChildren();
    asked.timeout.hidden = true;
    return asked.fail(`Select up to ${STEPS_MAX} steps to run them together`);
  }
  const progress = element('p', { class: 'quiet' }, `Checking ${noun}…`);
  asked.content.replaceChildren(progress);
  const all = await read_many(ids, (n) => {
    progress.textContent = `Checking ${noun}: ${n.toLocaleString('en-US')}`;
    return asked.dialog.isConnected;
  });
  if (!asked.dialog.isConnected) return;
  able = all.filter((it) => it.step && !it.why_not);
  const others = all.filter((it) => !able.includes(it));
  const n_able = able.length.toLocaleString('en-US');
  asked.heading.textContent = able.length === 0 ? `None of ${noun} can be run` : others.length === 0 ? `Run ${noun}?` : `Run ${n_able} of ${noun}?`;
  const said = [];
  if (able.length > 0) {
    said.push('Each is run on its own, as runners are free; those of one customer in their order');
    if (others.length > 0) said.push(`${count_of(others.length, 'step')} can't be run: listed last, with the reason`);
  }
  asked.content.replaceChildren(...said.map((it) => element('p', { class: 'quiet small' }, it)), element('ul', { class: 'run-many' }, ...[...able, ...others].map(many_item)));
  asked.go.replaceChildren('Run ', element('b', {}, n_able));
  asked.allow(able.length > 0);
}

// Asks about the steps that the page names, with blanks between their ids.
export function ask(detail) {
  const ids = String(detail ?? '').split(' ').filter(Boolean);
  if (ids.length === 0 || document.querySelector('dialog[open]')) return;
  if (ids.length === 1) ask_one(ids[0]);
  else ask_many(ids);
}

// --- Cancel, and what is said beside a button.

function say_beside(button, problem) {
  const line = button.nextElementSibling?.matches('.run-problem') ? button.nextElementSibling : element('span', { class: 'run-problem small', role: 'alert' });
  button.after(line);
  line.textContent = problem;
}

async function cancel(address, button) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  const answer = await post(address);
  button.removeAttribute('aria-busy');
  if (answer.problem) return say_beside(button, answer.problem);
  button.textContent = 'Cancelling…';
  button.setAttribute('aria-disabled', 'true');
  say(is_over(answer.json.state) ? 'Run cancelled' : 'Asked to cancel the run');
  if (!hears()) tell_page([answer.json]);
}

// Does what a button with `data-run` is for: a step's id, or an address in `/api`.
export function press(button) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  const what = button.dataset.run;
  if (/^\d+$/.test(what)) ask(what);
  else if (what.endsWith('/cancel')) cancel(what, button);
  else if (what.endsWith('/retry') && !document.querySelector('dialog[open]')) ask_one(button.dataset.runStep, what);
}
