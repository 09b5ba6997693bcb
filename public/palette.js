// The palette (R106): where to go, what can be done on this page, and a search of everything by `/api/search`; also the list of the
// keys of a page. Loaded when one of them is first asked for, so that no page weighs more by it. Plain JavaScript: what can be done
// here is what the buttons of the page say, so that it needs nothing of the page's own code.

const SETTING = 'rollcall.letters';
const GUIDE = '/help';
// After the last letter, before it is searched for.
const SEARCH_AFTER_MS = 150;
const SEARCH_MIN_LETTERS = 2;
// Hits of each kind.
const HITS = 6;

const STYLE = `
.palette { inset-block: 12vh auto; max-block-size: 70vh; inline-size: min(40rem, calc(100vw - 2rem)); }
.palette .search { padding: var(--s-3); border-block-end: 1px solid var(--line); }
.palette .search .glyph { inset-inline-start: calc(var(--s-3) + 0.5rem); }
.palette .search .input { inline-size: 100%; }
.palette__list { overflow: auto; padding: var(--s-1); min-block-size: 0; }
.palette__head { padding: var(--s-2) var(--s-2) var(--s-1); color: var(--ink-3); font-size: var(--text-xs); }
.palette [role="option"] { display: flex; align-items: baseline; gap: var(--s-3); padding: var(--s-1) var(--s-2); border-radius: var(--r-2); cursor: pointer; scroll-margin-block: 2rem; }
.palette [role="option"]:hover { background: var(--surface-2); }
.palette [role="option"][aria-selected="true"] { background: var(--surface-3); }
.palette [role="option"] > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-inline-size: 0; }
.palette [role="option"] > span:first-child { flex: 0 1 auto; }
.palette__more { flex: 1 1 auto; color: var(--ink-2); font-size: var(--text-xs); text-align: end; }
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

function actions() {
  const found = new Map();
  const main = document.getElementById('main');
  for (const it of main?.querySelectorAll('[aria-keyshortcuts], .page__actions :is(a, button)') ?? []) {
    const keys = it.getAttribute('aria-keyshortcuts') ?? '';
    // The handles of a list have the same keys, and Escape only closes.
    const is_named = !/^(Alt\+|Escape$)/.test(keys) && !it.closest('[role=grid], [aria-haspopup=menu]');
    const is_there = it.closest('details.more:not([open])') || it.checkVisibility();
    const is_off = it.disabled || it.getAttribute('aria-disabled') === 'true';
    const label = name_of(it);
    if (!is_named || !is_there || is_off || !label || found.has(label)) continue;
    const is_field = it.matches('input, textarea, select');
    found.set(label, {
      label,
      keys: keys.split(' ').filter(Boolean).map(shown_key).join(', '),
      href: it.matches('a[href]:not([target])') ? it.getAttribute('href') : undefined,
      run: () => (is_field ? it.focus() : it.click()),
    });
  }
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
  return [...found.values()];
}

// --- Search.

const customers = (n) => `${n.toLocaleString('en-US')} ${n === 1 ? 'customer' : 'customers'}`;
const joined = (...words) => words.filter(Boolean).join(' · ');

function groups_of(found) {
  return [
    ['Releases', found.releases.map((it) => ({ label: it.name, more: it.status, href: it.path }))],
    ['Customers', found.customers.map((it) => ({ label: it.name, more: joined(it.cluster, it.namespace, !it.isActive && 'inactive'), href: it.path }))],
    ['Clusters', found.clusters.map((it) => ({ label: it.name, more: it.isActive ? '' : 'inactive', href: it.path }))],
    ['Steps', found.steps.map((it) => ({ label: it.name, more: joined(it.release, customers(it.customers)), href: it.path }))],
    ['Step texts', found.texts.map((it) => ({ label: it.line ?? '', is_code: true, more: joined(it.name, it.release, it.isExecuted && 'as executed', customers(it.customers)), href: it.path }))],
    ['People', found.people.map((it) => ({ label: it.name, more: 'activity', href: it.path }))],
  ];
}

// The label with what was searched for marked in it.
function marked(label, sought) {
  const at = sought ? label.toLowerCase().indexOf(sought.toLowerCase()) : -1;
  if (at < 0) return [label];
  const end = at + sought.length;
  return [label.slice(0, at), element('mark', {}, label.slice(at, end)), label.slice(end)];
}

// --- The palette.

let palette;

export function open(go) {
  if (palette) return palette.close();
  add_style();
  const here = actions();
  const fixed = [['On this page', here], ['Go to', places(go)], ['Help', [
    { label: 'Keyboard shortcuts', keys: '?', run: () => shortcuts(go) },
    { label: 'Guide', href: GUIDE, run: () => window.open(GUIDE, '_blank', 'noopener') },
  ]]];
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
        option.append(element('span', it.is_code ? { class: 'mono', title: it.label } : {}, ...marked(it.label, sought)));
        option.append(element('span', { class: 'palette__more' }, it.more ?? ''));
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
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (it) => words.every((word) => it.label.toLowerCase().includes(word));
    return fixed.map(([title, items]) => [title, items.filter(fits)]);
  }

  const hint = () => say('Enter to open · Ctrl+Enter for a new tab · Esc to close');

  async function search(text) {
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(`/api/search?limit=${HITS}&q=${encodeURIComponent(text)}`, { signal });
      if (answer.status === 401) return say('Your session ended. Reload the page to sign in');
      if (!answer.ok) throw new Error(`${answer.status}`);
      const found = groups_of(await answer.json());
      if (signal.aborted) return;
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

  function type() {
    asked?.abort();
    clearTimeout(next);
    wants = undefined;
    const text = field.value.trim();
    draw(commands(text), text);
    if ([...text].length < SEARCH_MIN_LETTERS) return shown.length === 0 ? say('Type two letters or more to search') : hint();
    say('Searching…');
    next = setTimeout(() => search(text), SEARCH_AFTER_MS);
  }

  function activate(index, in_new_tab) {
    const it = shown[index];
    if (!it) return;
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

// Follows a link of the site as a click does: the router and the question about unsaved changes hear of it. On the page that is
// open already it is loaded anew, since a page reads its address when it is opened.
function follow(href) {
  if (new URL(href, location.href).pathname === location.pathname) return location.assign(href);
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
