// Who else is here (R33): says what this page looks at, and shows who looks at the same. Loaded by `live.js` with the first stream, at the
// pages of a release, so that it weighs nothing elsewhere.

// Who looks at something says so anew within this time; the server forgets it after twice as long.
const PRESENCE_MS = 15_000;

// Posts without being counted among the page's changes.
let send;
let people = [];
let told = '{}';
let told_at = 0;
// Reports go one by one: of two at once the server may hear the older one last.
let reported = Promise.resolve();

// Fields of forms and open dialogs; where one only searches, nothing is being edited.
const FIELDS = ':is(dialog[open], #main form) :is(input, textarea, select):not([type=search], [role=combobox], [role=search] *)';
// What each said when the person came to it.
const first_said = new Map();

const said_in = (field) => (field.matches('[type=checkbox], [type=radio]') ? field.checked : field.value);

function note_field(field) {
  if (field?.matches?.(FIELDS) && !first_said.has(field)) first_said.set(field, said_in(field));
}

addEventListener('focusin', ({ target }) => note_field(target));
note_field(document.activeElement);

// Whether a text is being written, or there is a draft: something typed or chosen in a field that is still there.
function is_editing() {
  for (const field of first_said.keys()) if (!field.isConnected) first_said.delete(field);
  return Boolean(document.activeElement?.matches('#main textarea, dialog textarea') || document.querySelector('[data-typed]'))
    || [...first_said].some(([field, said]) => said_in(field) !== said && field.checkVisibility());
}

// Places that the server does not know: what was there is deleted, and the page still shows what was written there.
const unknown = new Set();

// The release, and within it the customer and the step, that the address names. Who is at the template's steps is at no step of a
// customer.
function place_of_page() {
  const [, release, within, customer] = location.pathname.match(/^\/releases\/(\d+)(\/customer\/(\d+)|\/steps)?$/) ?? [];
  if (!release) return { releaseId: null };
  const step = (within !== '/steps' && new URLSearchParams(location.search).get('step')) || '';
  const place = { releaseId: Number(release), ...(customer && { customerId: Number(customer) }), ...(/^\d+$/.test(step) && { stepId: Number(step) }) };
  const known = [place, { releaseId: place.releaseId }].find((it) => !unknown.has(JSON.stringify(it)));
  return known ? { ...known, editing: is_editing() } : { releaseId: null };
}

// Where the place is unknown, whoever is there is still at the release.
const note_answer = (body) => ({ status }) => {
  if (status !== 422) return;
  const { editing, ...place } = JSON.parse(body);
  unknown.add(JSON.stringify(place));
  say_place(place_of_page());
};

function say_place(word, after = reported) {
  const body = JSON.stringify(word);
  if (body === told && (word.releaseId === null || Date.now() - told_at < PRESENCE_MS)) return;
  const before = JSON.parse(told).releaseId ?? null;
  if (told === '{}' && word.releaseId === null) return;
  [told, told_at] = [body, Date.now()];
  reported = after;
  const post = (body) => {
    reported = reported.then(() => send('/api/presence', { method: 'POST', headers: { 'content-type': 'application/json' }, body, keepalive: true })).then(note_answer(body), () => {});
  };
  // Whoever goes to another release is no longer at the first.
  if (before !== null && word.releaseId !== null && before !== word.releaseId) post('{"releaseId":null}');
  post(body);
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
    // Its place is kept while it is empty: nothing below it moves.
    line.textContent = text;
  }
}

// What others do now at one release.
export function hear({ releaseId, people: now }) {
  people = [...people.filter((it) => it.releaseId !== releaseId), ...now.map((it) => ({ ...it, releaseId }))];
  show_people();
}

// A stream begins: the server tells who is here, and may have forgotten what this page has said.
export function forget() {
  people = [];
  unknown.clear();
  told_at = 0;
  show_people();
}

// Says where the page is unless that was said a moment ago, and shows the others where the page has been rendered again.
export function keep(by) {
  send = by;
  say_place(place_of_page());
  if (people.length > 0) show_people();
}

// Ends when the server has heard it.
export function leave(by, stays) {
  send = by;
  // A page that goes away cannot wait.
  say_place({ releaseId: null }, stays ? reported : Promise.resolve());
  return reported;
}
