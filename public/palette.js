// The palette (R106): where to go, what can be done on this page, and a search of everything by `/api/search`; also the list of the
// keys of a page. Loaded when one of them is first asked for, so that no page weighs more by it. Plain JavaScript: what can be done
// here is what the buttons of the page say, so that it needs nothing of the page's own code.

const SETTING = 'rollcall.letters';
const GUIDE = '/help';
// After the last letter, before it is searched for.
const SEARCH_AFTER_MS = 150;
const SEARCH_MIN_LETTERS = 2;
// Hits of each kind, until all of a kind are asked for.
const HITS = 6;
const HITS_MAX = 500;
// The pages of `go`, for pages without the navigation: the guide, and those for paper.
const PLACES = { '/': 'Dashboard', '/releases': 'Releases', '/customers': 'Customers', '/clusters': 'Clusters', '/activity': 'Activity' };
const NEW = [['New release', '/releases/new'], ['New customer', '/customers/new'], ['New cluster', '/clusters/new']];
// What a step's keys do, and in which states.
const STEP_KEYS = [
  ['Start', 'i', 'pending failed reverted'],
  ['Run', 'x', 'pending in_progress failed reverted'],
  ['Mark done', 'd', 'pending in_progress failed reverted'],
  ['Fail…', 'f', 'pending in_progress'],
  ['Skip…', 's', 'pending in_progress failed reverted'],
  ['Revert…', 'r', 'done failed'],
  ['Reopen', 'p', 'in_progress done failed skipped reverted'],
];

const STYLE = `
.palette { inset-block: 12vh auto; max-block-size: 70vh; inline-size: min(40rem, calc(100vw - 2rem)); }
.palette .search { padding: var(--s-3); border-block-end: 1px solid var(--line); }
.palette .search .glyph { inset-inline-start: calc(var(--s-3) + 0.5rem); }
.palette .search .input { inline-size: 100%; }
.palette__list { overflow: auto; padding: var(--s-1); min-block-size: 0; }
.palette__head { padding: var(--s-2) var(--s-2) var(--s-1); color: var(--ink-3); font-size: var(--text-xs); }
.palette [role="option"] { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 var(--s-3); padding: var(--s-1) var(--s-2); border-radius: var(--r-2); cursor: pointer; scroll-margin-block: 2rem; }
.palette [role="option"]:hover { background: var(--surface-2); }
.palette [role="option"][aria-selected="true"] { background: var(--surface-3); }
.palette [role="option"] > span { overflow-wrap: anywhere; min-inline-size: 0; }
.palette__more { margin-inline-start: auto; color: var(--ink-2); font-size: var(--text-xs); }
.palette [role="option"] > kbd { margin-inline-start: auto; }
.palette__more + kbd { margin-inline-start: 0 !important; }
.palette [role="option"]:has(> .mono) > span { flex: 1 0 100%; margin: 0; }
.palette mark { background: none; color: inherit; font-weight: var(--weight-title); text-decoration: underline; }
.palette__foot { padding: var(--s-2) var(--s-3); border-block-start: 1px solid var(--line); color: var(--ink-2); font-size: var(--text-xs); }
@media (forced-colors: active) { .palette [role="option"][aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; } }
@media (width < 48rem) { .palette { inset: 0 0 auto; inline-size: 100%; max-block-size: 60dvh; } }
`;

let has_style = false;

function add_style() {
  if (has_style) return;
  has_style = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function glyph(name) {
  const holder = document.createElement('template');
  holder.innerHTML = `<svg class="glyph" aria-hidden="true"><use href="#${name}"></use></svg>`;
  return holder.content.firstElementChild;
}

// What gets the focus where nothing has it, as in the rest of the page: its main part, the cell that Tab leads to, the heading.
function focus_page() {
  const find = (selector) => document.querySelector(selector);
  const found = find('[data-home]') ?? find('[role=grid] [tabindex="0"]') ?? find('#main h1');
  if (found?.matches('h1')) found.tabIndex = -1;
  found?.focus({ preventScroll: true });
}

// Shows a dialog, and gives the focus back to what had it when the dialog is closed.
function show(dialog) {
  const before = document.activeElement;
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    if (document.activeElement === document.body) focus_page();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// --- What can be done on this page: its buttons and links with keys, and those of its head, also in the menu there.

const shown_key = (key) => key.replace('Control', 'Ctrl').replace('Escape', 'Esc');

// What an element is called, without the key that stands on it.
function name_of(element) {
  const label = element.getAttribute('aria-label');
  if (label) return label;
  const copy = element.cloneNode(true);
  for (const it of copy.querySelectorAll('kbd, svg')) it.remove();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

// Whether it is there to be seen, or would be if its menu were open.
function is_displayed(element) {
  const menu = element.closest('details.more:not([open])');
  if (!menu) return element.checkVisibility();
  for (let at = element; at !== menu; at = at.parentElement) if (getComputedStyle(at).display === 'none') return false;
  return menu.checkVisibility();
}

const is_off = (element) => element.disabled || element.getAttribute('aria-disabled') === 'true';

// What the keys do with the step that is worked on: the cell with the focus, or of the panel, or the step of the run mode.
function step_actions(main) {
  const cell = document.activeElement?.closest('[role=gridcell]') ?? (main.querySelector('.sheet') && main.querySelector('[role=gridcell][tabindex="0"]'));
  const step = cell ?? main.querySelector('.run__list [aria-current=step]');
  const state = step?.dataset.state;
  // The keys act on all that is selected; the bar of the selection has buttons for that.
  const is_writing = !cell && document.activeElement?.matches('input, textarea, select');
  if (!state || is_writing || !is_on() || main.querySelector('.bulk')) return [];
  const may_work = main.querySelector(cell ? '.page__actions [aria-keyshortcuts=n]' : '[data-states] button');
  const found = may_work ? STEP_KEYS.filter((it) => it[2].split(' ').includes(state)) : [];
  const all = cell ? [['Copy', 'c'], ...found, ...(may_work ? [['Override', 'e']] : [])] : found;
  // The grid may have drawn its cell again.
  const target = () => (cell && document.querySelector('[role=gridcell][tabindex="0"]')) ?? document.body;
  return all.map(([label, key]) => ({
    label,
    keys: key,
    more: cell?.getAttribute('aria-label').split(': ')[0],
    run: () => target().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })),
  }));
}

function actions() {
  const found = new Map();
  const main = document.getElementById('main');
  if (!main) return [];
  const bulk = [...main.querySelectorAll('.bulk')].some(is_displayed);
  for (const it of main.querySelectorAll('[aria-keyshortcuts], :is(.page__actions, .form__foot) :is(a, button)')) {
    const keys = it.getAttribute('aria-keyshortcuts') ?? it.querySelector('kbd')?.textContent ?? '';
    // With several cells selected the keys are about these, and not about the step in the panel.
    if (keys && bulk && it.closest('.sheet')) continue;
    // The handles of a list have the same keys, and Escape only closes.
    const is_named = !/^(Alt\+|Escape$)/.test(keys) && !it.closest('[role=grid], [aria-haspopup=menu]');
    const label = name_of(it);
    if (!is_named || is_off(it) || !is_displayed(it) || !label || found.has(label)) continue;
    const is_field = it.matches('input, textarea, select');
    found.set(label, {
      label,
      keys: keys.split(' ').filter(Boolean).map(shown_key).join(', '),
      href: it.matches('a[href]:not([target])') ? it.getAttribute('href') : undefined,
      run: () => (is_field ? it.focus() : it.click()),
    });
  }
  for (const it of step_actions(main)) if (!found.has(it.label)) found.set(it.label, it);
  return [...found.values()];
}

// The links of the navigation, so that it has what this person may see.
function places(go) {
  const found = new Map();
  for (const it of document.querySelectorAll('.sidebar nav a[href], .sidebar__foot a.menu__item:not([target])')) {
    const href = it.getAttribute('href');
    const key = Object.keys(go).find((key) => go[key] === href);
    // On a phone the menu of the person has some of them once more.
    if (!found.has(href)) found.set(href, { label: it.querySelector('span')?.textContent ?? it.textContent, keys: key ? `g ${key}` : '', href });
  }
  if (found.size > 0) return [...found.values()];
  return Object.entries(go).map(([key, href]) => ({ label: PLACES[href], keys: `g ${key}`, href }));
}

// What is on the page, where to go, what can be created, and help: each once.
function commands_of(go) {
  const to = places(go);
  const may_create = document.querySelector('.sidebar[data-plans]');
  const create = may_create ? NEW.map(([label, href]) => ({ label, href })) : [];
  const fixed = [...to, ...create];
  const title = document.querySelector('#main h1')?.textContent.trim();
  const is_fixed = (it) => fixed.some((other) => other.label === it.label && other.href === it.href);
  const here = actions().filter((it) => it.label !== 'Keyboard shortcuts' && !is_fixed(it));
  // What a page calls like a place is that of the page.
  for (const it of here) if (title && fixed.some((other) => other.label === it.label)) it.label = `${it.label} of ${title}`;
  return [['On this page', here], ['Go to', to], ['Create', create], ['Help', [
    { label: 'Keyboard shortcuts', keys: '?', run: () => shortcuts(go) },
    { label: 'Guide', href: GUIDE, run: () => window.open(GUIDE, '_blank', 'noopener') },
  ]]];
}

// --- Search.

const customers = (n) => `${n.toLocaleString('en-US')} ${n === 1 ? 'customer' : 'customers'}`;
const joined = (...words) => words.filter(Boolean).join(' · ');

function groups_of(found) {
  return [
    ['releases', 'Releases', found.releases.map((it) => ({ label: it.name, more: it.status, href: it.path }))],
    ['customers', 'Customers', found.customers.map((it) => ({ label: it.name, more: joined(it.cluster, it.namespace, !it.isActive && 'inactive'), href: it.path }))],
    ['clusters', 'Clusters', found.clusters.map((it) => ({ label: it.name, more: it.isActive ? '' : 'inactive', href: it.path }))],
    ['steps', 'Steps', found.steps.map((it) => ({ label: it.name, more: joined(it.release, customers(it.customers)), href: it.path }))],
    ['texts', 'Step texts', found.texts.map((it) => ({ label: it.line ?? '', is_code: true, more: joined(it.name, it.release, it.isExecuted && 'text at that time', customers(it.customers)), href: it.path }))],
    ['people', 'People', found.people.map((it) => ({ label: it.name, more: 'activity', href: it.path }))],
  ];
}

const words_of = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// The label with what was searched for marked in it: as it was written, else its words.
function marked(label, sought) {
  const lower = label.toLowerCase();
  const phrase = sought.toLowerCase();
  const parts = [];
  let at = 0;
  while (at < label.length) {
    const begun = (lower.includes(phrase) ? [phrase] : words_of(sought)).filter(Boolean).map((it) => [lower.indexOf(it, at), it.length]);
    const [start, length] = begun.filter((it) => it[0] >= 0).sort((a, b) => a[0] - b[0] || b[1] - a[1])[0] ?? [label.length, 0];
    parts.push(label.slice(at, start));
    if (length > 0) parts.push(element('mark', {}, label.slice(start, start + length)));
    at = start + length;
  }
  return parts.filter((it) => it !== '');
}

// --- The palette.

let palette;

export function open(go) {
  if (palette) return palette.close();
  add_style();
  const fixed = commands_of(go);
  const list = element('div', { class: 'palette__list', role: 'listbox', id: 'palette-list', 'aria-label': 'Results' });
  const field = element('input', {
    class: 'input', type: 'text', role: 'combobox', 'aria-label': 'Search, or choose a command', placeholder: 'Search, or choose a command',
    'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-autocomplete': 'list', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: '200',
  });
  const said = element('p', { class: 'palette__foot', role: 'status' });
  const dialog = element('dialog', { class: 'dialog palette', 'aria-label': 'Command palette' }, element('div', { class: 'search' }, glyph('i-search'), field), list, said);
  let shown = [];
  let chosen = 0;
  let asked;
  let next;
  // Enter came before what was searched for: what is found first is opened, in a new tab or here.
  let wants;
  // The kinds of which all hits are shown.
  let whole = new Set();

  const say = (text) => { said.textContent = text; };

  function choose(index) {
    const options = list.querySelectorAll('[role=option]');
    options[chosen]?.setAttribute('aria-selected', 'false');
    chosen = index;
    const option = options[chosen];
    if (!option) return field.removeAttribute('aria-activedescendant');
    option.setAttribute('aria-selected', 'true');
    field.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }

  function draw(groups, sought) {
    shown = [];
    list.replaceChildren(...groups.filter((it) => it[1].length > 0).map(([title, items], n) => {
      const head = element('div', { class: 'palette__head', id: `palette-group-${n}`, role: 'presentation' }, title);
      const options = items.map((it) => {
        const option = element('div', { role: 'option', id: `palette-${shown.length}`, 'aria-selected': 'false', 'data-index': shown.length });
        option.append(element('span', it.is_code ? { class: 'mono' } : {}, ...marked(it.label, it.is_more ? '' : sought)));
        if (it.more) option.append(element('span', { class: 'palette__more' }, it.more));
        if (it.keys) option.append(element('kbd', {}, it.keys));
        shown.push(it);
        return option;
      });
      return element('div', { role: 'group', 'aria-labelledby': head.id }, head, ...options);
    }));
    choose(0);
  }

  // The commands that have all words.
  function commands(text) {
    const words = words_of(text);
    const fits = (it) => words.every((word) => it.label.toLowerCase().includes(word));
    return fixed.map(([title, items]) => [title, items.filter(fits)]);
  }

  const hint = () => say('Enter to open · Ctrl+Enter for a new tab · Esc to close');

  async function search(text) {
    asked = new AbortController();
    const { signal } = asked;
    try {
      const limit = whole.size > 0 ? HITS_MAX : HITS;
      const answer = await fetch(`/api/search?limit=${limit}&q=${encodeURIComponent(text)}`, { signal });
      if (answer.status === 401) return say('Your session ended. Reload the page to sign in');
      if (!answer.ok) throw new Error(`${answer.status}`);
      const json = await answer.json();
      if (signal.aborted) return;
      const found = groups_of(json).map((it) => first_of(it, json.totals, text));
      // What was chosen meanwhile stays chosen.
      const before = chosen;
      draw([...commands(text), ...found], text);
      choose(Math.min(before, Math.max(shown.length - 1, 0)));
      if (wants !== undefined && shown.length > 0) return activate(0, wants);
      if (shown.length === 0) say('No results'); else hint();
    } catch {
      if (!signal.aborted) say('Couldn\'t search. Try again');
    }
  }

  // The first hits of a kind, with how many there are, and what shows the others.
  function first_of([kind, title, items], totals, text) {
    const n_all = totals[kind];
    const first = whole.has(kind) ? items : items.slice(0, HITS);
    if (first.length === n_all) return [title, first];
    const count = (n) => n.toLocaleString('en-US');
    const more = {
      label: n_all > HITS_MAX ? `Show the first ${count(HITS_MAX)}` : `Show all ${count(n_all)}`,
      is_more: true,
      more: title,
      stay: () => { whole.add(kind); asked?.abort(); say('Searching…'); search(text); },
    };
    return [`${title} · ${count(first.length)} of ${count(n_all)}`, whole.has(kind) ? first : [...first, more]];
  }

  function type() {
    asked?.abort();
    clearTimeout(next);
    wants = undefined;
    whole = new Set();
    const text = field.value.trim();
    draw(commands(text), text);
    if ([...text].length < SEARCH_MIN_LETTERS) return shown.length === 0 ? say('Type two letters or more to search') : hint();
    say('Searching…');
    next = setTimeout(() => search(text), SEARCH_AFTER_MS);
  }

  function activate(index, in_new_tab) {
    const it = shown[index];
    if (!it) return;
    if (it.stay) return it.stay();
    if (it.href && in_new_tab) { window.open(it.href, '_blank', 'noopener'); return; }
    dialog.addEventListener('close', () => (it.run ? it.run() : follow(it.href)), { once: true });
    dialog.close();
  }

  field.addEventListener('input', type);
  field.addEventListener('keydown', (event) => {
    // What is being composed is not typed yet.
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length > 0) {
      event.preventDefault();
      choose((chosen + step + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const in_new_tab = event.ctrlKey || event.metaKey;
      if (event.repeat) return;
      if (shown.length === 0) wants = in_new_tab;
      else activate(chosen, in_new_tab);
    }
  });
  const index_of = (event) => Number(event.target.closest('[role=option]')?.dataset.index ?? -1);
  // The field keeps the focus.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => activate(index_of(event), event.ctrlKey || event.metaKey));
  list.addEventListener('auxclick', (event) => event.button === 1 && activate(index_of(event), true));
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  show(dialog);
  palette = dialog;
  dialog.addEventListener('close', () => {
    palette = undefined;
    asked?.abort();
    clearTimeout(next);
  });
  draw(commands(''), '');
  hint();
  field.focus();
}

// Follows a link of the site as a click does: the router and the question about unsaved changes hear of it.
function follow(href) {
  const link = element('a', { href, hidden: '' });
  document.body.append(link);
  link.click();
  link.remove();
}

// --- The keys of the page.

function is_on() {
  try { return localStorage.getItem(SETTING) !== 'off'; } catch { return true; }
}

export function shortcuts(go) {
  // The matrix has a list of its own, with the keys of its grid.
  const of_page = document.querySelector('#main [data-does=help]');
  if (of_page) return of_page.click();
  const names = places(go).filter((it) => it.keys).map((it) => [it.keys, it.label]);
  const everywhere = [['Ctrl+K', 'Search, or choose a command'], ...names, ['/', 'Search this page'], ['?', 'Show shortcuts']];
  const here = actions().filter((it) => it.keys && it.keys !== '/').map((it) => [it.keys, it.label]);
  const section = ([title, keys]) => {
    const rows = keys.flatMap(([key, what]) => [element('dt', {}, element('kbd', {}, key)), element('dd', {}, what)]);
    return element('section', {}, element('h3', {}, title), element('dl', { class: 'keys' }, ...rows));
  };
  const close = element('button', { class: 'button', 'data-kind': 'ghost', 'data-square': '', 'aria-label': 'Close', type: 'button' }, glyph('i-close'));
  const box = element('input', { type: 'checkbox' });
  box.checked = is_on();
  box.addEventListener('change', () => {
    try { localStorage.setItem(SETTING, box.checked ? 'on' : 'off'); } catch { /* Without storage they are on. */ }
  });
  const guide = element('a', { class: 'link', href: GUIDE, rel: 'external', target: '_blank' }, 'Read the guide');
  const title = element('h2', { class: 'grow', id: 'shortcuts-title' }, 'Keyboard shortcuts');
  const groups = [['Everywhere', everywhere], ['On this page', here]].filter((it) => it[1].length > 0);
  const dialog = element('dialog', { class: 'dialog', 'data-size': 's', 'aria-labelledby': 'shortcuts-title' },
    element('div', { class: 'dialog__head' }, title, close),
    element('div', { class: 'dialog__body stack' }, element('label', { class: 'row' }, box, 'Enable single-key shortcuts'), ...groups.map(section), guide));
  close.addEventListener('click', () => dialog.close());
  show(dialog);
}
