// Evidence of a step (R74): the dialog that adds an output, a link or a file, and the button that deletes one. Loaded when a button
// with `data-evidence` is first pressed; that attribute is the address in `/api`. The page hears of the change as of anybody's, by its
// connection, and shows the step anew.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Null if it was done, else why not.
async function send(address, request) {
  try {
    const answer = await fetch(address, { ...request, redirect: 'error' });
    if (answer.ok) return null;
    const problem = await answer.json().catch(() => ({}));
    return problem.detail ?? `Something went wrong (${answer.status})`;
  } catch {
    return "The server can't be reached. Try again";
  }
}

const json = (body) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

// What the form asks for: the file, else the link, else the output.
function request_of(address, { file, url, text, name }) {
  const said = name ? { name } : {};
  if (file) {
    const query = new URLSearchParams({ name: (name || file.name).slice(0, 100) });
    // The server looks whether it is a text, and takes no page as one.
    const type = /^(image\/|text\/(csv|html|markdown|xml))/.test(file.type) ? file.type : 'text/plain';
    return [`${address}?${query}`, { method: 'POST', headers: { 'Content-Type': type }, body: file }];
  }
  if (url) return [address, json({ kind: 'link', url, ...said })];
  return [address, json({ kind: 'output', text, ...said })];
}

function field(label, control, hint) {
  control.id = `evidence-${label.toLowerCase()}`;
  const parts = [element('label', { for: control.id }, label), control];
  if (hint) {
    const id = `${control.id}-hint`;
    control.setAttribute('aria-describedby', id);
    parts.push(element('span', { class: 'hint', id }, hint));
  }
  return element('div', { class: 'field' }, ...parts);
}

function ask(address, opener) {
  const text = element('textarea', { class: 'input', rows: '6' });
  const url = element('input', { class: 'input', type: 'url', autocomplete: 'off' });
  const file = element('input', { type: 'file', accept: 'text/*,.log,image/png,image/jpeg,image/gif,image/webp' });
  const name = element('input', { class: 'input', autocomplete: 'off', maxlength: '100' });
  const failure = element('p', { class: 'alert', role: 'alert' });
  failure.hidden = true;
  const cancel = element('button', { class: 'button', type: 'button' }, 'Cancel');
  const add = element('button', { class: 'button', 'data-kind': 'ink', type: 'submit' }, 'Add');
  const title = element('h2', { id: 'evidence-dialog-title' }, 'Add evidence');
  const form = element('form', { class: 'form', novalidate: '' },
    element('div', { class: 'dialog__head' }, title),
    element('div', { class: 'dialog__body stack' }, failure,
      field('Output', text, 'Or a link, or a file'), field('Link', url), field('File', file, 'Text or image, up to 1 MiB'),
      field('Name', name, 'Optional')),
    element('div', { class: 'dialog__foot' }, cancel, add));
  const dialog = element('dialog', { class: 'dialog', 'data-size': 's', 'aria-labelledby': title.id }, form);
  const say = (problem) => {
    failure.textContent = problem;
    failure.hidden = false;
  };
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    dialog.remove();
    // The step may be shown anew by then, with another button.
    const back = opener.isConnected ? opener : document.querySelector(`[data-evidence="${address}"]`);
    back?.focus({ preventScroll: true });
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const asked = { file: file.files[0], url: url.value.trim(), text: text.value, name: name.value.trim() };
    if (!asked.file && !asked.url && !asked.text.trim()) return say('Paste an output, enter a link or choose a file');
    add.disabled = true;
    const problem = await send(...request_of(address, asked));
    add.disabled = false;
    if (problem) say(problem);
    else dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// A second press within this time deletes.
const SURE_WITHIN_MS = 4000;

function label(button, text, name) {
  button.textContent = text;
  button.setAttribute('aria-label', name);
}

async function remove(address, button) {
  const name = button.getAttribute('aria-label');
  if (button.dataset.sure === undefined) {
    button.dataset.sure = '';
    label(button, 'Press again to delete', `Press again: ${name}`);
    setTimeout(() => {
      delete button.dataset.sure;
      label(button, 'Delete', name);
    }, SURE_WITHIN_MS);
    return;
  }
  const problem = await send(address, { method: 'DELETE' });
  if (problem) label(button, problem, problem);
  else document.getElementById('evidence-title')?.focus({ preventScroll: true });
}

// Does what a button with `data-evidence` is for.
export function change(button) {
  const address = button.dataset.evidence;
  if (/\/evidence\/\d+$/.test(address)) remove(address, button);
  else ask(address, button);
}
