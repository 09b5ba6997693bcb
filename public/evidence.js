// Evidence of a step (R74): the dialog that adds an output, a link, a file, or several of them, and the button that deletes one. Loaded
// when a button with `data-evidence` is first pressed; that attribute is the address in `/api`. The page hears of the change as of
// anybody's, by its connection, and shows the step anew.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// What is wrong: nothing if it was done. `errors` are of single fields.
async function send(address, request) {
  try {
    const answer = await fetch(address, { ...request, redirect: 'error' });
    if (answer.ok) return {};
    const { detail, errors } = await answer.json().catch(() => ({}));
    return { problem: capitalized(detail ?? `Something went wrong (${answer.status})`), errors, status: answer.status };
  } catch {
    return { problem: "The server can't be reached. Try again" };
  }
}

const json = (body) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

// The requests that add a piece, by its field.
const REQUESTS = {
  output: (address, text, name) => [address, json({ kind: 'output', text, ...name })],
  link: (address, url, name) => [address, json({ kind: 'link', url: url.trim(), ...name })],
  file(address, file, { name = file.name }) {
    const query = new URLSearchParams({ name: name.slice(0, 100) });
    // The server looks whether it is a text, and takes no page as one.
    const type = /^(image\/|text\/(csv|html|markdown|xml))/.test(file.type) ? file.type : 'text/plain';
    return [`${address}?${query}`, { method: 'POST', headers: { 'Content-Type': type }, body: file }];
  },
};

// What the server calls the fields.
const FIELDS = { text: 'output', url: 'link', name: 'name' };
// A piece was refused for what it is, or the step takes none: that is told at its field. Else no other would be taken either.
const REFUSED = [409, 413, 415, 422];

// A control with its label and hint, and a place for what is wrong with it.
function make_field(label, control, hint) {
  control.id = `evidence-${label.toLowerCase()}`;
  const box = element('div', { class: 'field' }, element('label', { for: control.id }, label), control);
  const hint_id = hint && `${control.id}-hint`;
  if (hint) box.append(element('span', { class: 'hint', id: hint_id }, hint));
  const error = element('span', { class: 'error', id: `${control.id}-error` });
  const field = {
    box, control,
    // What is typed or chosen, empty for nothing.
    value: () => (control.files ? control.files[0] ?? '' : control.value),
    is_filled: () => Boolean(control.files ? control.files[0] : control.value.trim()),
    clear() {
      control.value = '';
      field.fail();
    },
    fail(problem) {
      error.textContent = problem ?? '';
      if (problem) box.append(error);
      else error.remove();
      const described = [hint_id, problem && error.id].filter(Boolean).join(' ');
      if (described) control.setAttribute('aria-describedby', described);
      else control.removeAttribute('aria-describedby');
      if (problem) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
    },
  };
  field.fail();
  return field;
}

// The dialogs in which something is typed, by their addresses: one that is closed is as it was when it is opened again.
const dialogs = new Map();

function make_dialog(address) {
  const fields = {
    output: make_field('Output', element('textarea', { class: 'input', rows: '6' }), 'Add an output, a link or a file, or several at once'),
    link: make_field('Link', element('input', { class: 'input', type: 'url', autocomplete: 'off' })),
    file: make_field('File', element('input', { type: 'file', accept: 'text/*,.log,image/png,image/jpeg,image/gif,image/webp' }), 'Text or image, up to 1 MiB'),
    name: make_field('Name', element('input', { class: 'input', autocomplete: 'off', maxlength: '100' }), 'Optional. Used for everything you add'),
  };
  const all = Object.values(fields);
  const failure = element('p', { class: 'alert', role: 'alert', hidden: '' });
  const discard = element('button', { class: 'link', type: 'button' }, 'Discard');
  const restored = element('p', { class: 'quiet small', role: 'status', hidden: '' }, 'Restored what you typed. ', discard);
  const cancel = element('button', { class: 'button', type: 'button' }, 'Cancel');
  const add = element('button', { class: 'button', 'data-kind': 'ink', type: 'submit' }, 'Add');
  const title = element('h2', { id: 'evidence-dialog-title' }, 'Add evidence');
  const form = element('form', { class: 'form', novalidate: '' },
    element('div', { class: 'dialog__head' }, title),
    element('div', { class: 'dialog__body stack' }, failure, restored, ...all.map((it) => it.box)),
    element('div', { class: 'dialog__foot' }, cancel, add));
  const dialog = element('dialog', { class: 'dialog', 'data-size': 's', 'aria-labelledby': title.id }, form);
  let opener;
  const say = (problem) => {
    failure.textContent = problem ?? '';
    failure.hidden = !problem;
  };
  const is_typed = () => all.some((it) => it.is_filled());
  const is_busy = () => add.hasAttribute('aria-busy');
  const forget_if_empty = () => { if (!dialog.open && !is_typed() && !is_busy()) dialogs.delete(address); };

  // One that is sent again because no answer came is added once.
  const sent = {};
  function key_of(of, value, name) {
    if (sent[of]?.value !== value || sent[of].name !== name) sent[of] = { value, name, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    return sent[of].key;
  }

  // Sends what is filled in, one after the other, so that the history has them in this order. What was added leaves its field, unless
  // something else was typed there since.
  async function send_all() {
    const name = fields.name.value();
    const named = name.trim() ? { name: name.trim() } : {};
    const given = Object.keys(REQUESTS).filter((it) => fields[it].is_filled()).map((it) => [it, fields[it].value()]);
    let n_added = 0;
    const added = () => `Added ${n_added} of ${given.length}`;
    for (const [of, value] of given) {
      const [to, request] = REQUESTS[of](address, value, named);
      request.headers['Idempotency-Key'] = key_of(of, value, name);
      const { problem, errors = {}, status } = await send(to, request);
      if (!problem) {
        n_added += 1;
        delete sent[of];
        if (fields[of].value() === value) fields[of].clear();
        continue;
      }
      if (!REFUSED.includes(status)) return say(n_added > 0 ? `${added()}. ${problem}` : problem);
      const told = Object.keys(errors).filter((it) => FIELDS[it]);
      for (const it of told) fields[FIELDS[it]].fail(capitalized(errors[it]));
      if (told.length === 0) fields[of].fail(problem);
    }
    const wrong = all.find((it) => it.control.hasAttribute('aria-invalid'));
    if (!wrong && fields.name.value() === name) fields.name.clear();
    if (!wrong && !is_typed()) return dialog.close();
    if (n_added > 0) say(added());
    wrong?.control.focus();
  }

  cancel.addEventListener('click', () => dialog.close());
  discard.addEventListener('click', () => {
    for (const it of all) it.clear();
    say();
    restored.hidden = true;
    fields.output.control.focus();
  });
  dialog.addEventListener('close', () => {
    // This is heard a frame later, and it may be open again by then.
    if (dialog.open) return;
    dialog.remove();
    forget_if_empty();
    // The step may be shown anew by then, with another button.
    const back = opener.isConnected ? opener : document.querySelector(`[data-evidence="${address}"]`);
    back?.focus({ preventScroll: true });
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (is_busy()) return;
    restored.hidden = true;
    for (const it of all) it.fail();
    if (!['output', 'link', 'file'].some((it) => fields[it].is_filled())) return say('Paste an output, enter a link or choose a file');
    say();
    add.setAttribute('aria-busy', 'true');
    await send_all();
    add.removeAttribute('aria-busy');
    forget_if_empty();
  });
  return {
    open(button) {
      opener = button;
      say();
      restored.hidden = !is_typed();
      document.body.append(dialog);
      dialog.showModal();
      fields.output.control.focus();
    },
    is_left_open: () => dialog.open && is_typed(),
  };
}

function ask(address, opener) {
  if (!dialogs.has(address)) dialogs.set(address, make_dialog(address));
  dialogs.get(address).open(opener);
}

// The browser asks before a document is left in which something is being typed.
addEventListener('beforeunload', (event) => { if ([...dialogs.values()].some((it) => it.is_left_open())) event.preventDefault(); });

// A second press within this time deletes.
const SURE_WITHIN_MS = 4000;

function label(button, text, name) {
  button.textContent = text;
  button.setAttribute('aria-label', name);
}

// Asks for the second press. The list may be drawn anew meanwhile: the button that is there then asks too.
function ask_for_second_press(address, button) {
  const name = button.getAttribute('aria-label');
  const current = () => document.querySelector(`[data-evidence="${address}"]`);
  const arm = () => {
    const now = current();
    if (!now || now.dataset.sure !== undefined) return;
    now.dataset.sure = '';
    label(now, 'Press again to delete', `Press again: ${name}`);
  };
  arm();
  const redrawn = new MutationObserver(arm);
  redrawn.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => {
    redrawn.disconnect();
    const now = current();
    if (now?.dataset.sure === undefined) return;
    delete now.dataset.sure;
    label(now, 'Delete', name);
  }, SURE_WITHIN_MS);
}

async function remove(address, button) {
  if (button.dataset.sure === undefined) return ask_for_second_press(address, button);
  const { problem } = await send(address, { method: 'DELETE' });
  if (problem) label(button, problem, problem);
  else document.getElementById('evidence-title')?.focus({ preventScroll: true });
}

// Does what a button with `data-evidence` is for.
export function change(button) {
  const address = button.dataset.evidence;
  if (/\/evidence\/\d+$/.test(address)) remove(address, button);
  else ask(address, button);
}
