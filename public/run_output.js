// The view of a run's output (R75): text as it comes, as lines of coloured parts, which is followed, searched, copied and downloaded.
// Loaded by `run_watch.js`.

const { search } = new URL(import.meta.url);
const { count_of, element, glyph, say, watch } = await import(`./run_parts.js${search}`);

// Its colours, before there is anything to be coloured.
await new Promise((done) => {
  const style = element('link', { rel: 'stylesheet', href: `/run_output.css${search}` });
  for (const it of ['load', 'error']) style.addEventListener(it, done);
  document.head.append(style);
});

// What of an output is in the page: its first lines and its last. The server keeps more.
const HEAD_LINES = 200;
const TAIL_LINES = 3_000;
const TAIL_CHARS = 600_000;
// Of the lines that are not, the text is kept to be searched: more than the server keeps, of which each byte is at most three characters.
const HIDDEN_CHARS = 8 * 1024 * 1024;
const HIDDEN_PIECE_CHARS = 64 * 1024;
const GAP_TEXT = '… left out: only the beginning and the end are kept …';
// While they come and are followed only so many of the last are drawn: all of them would be laid out anew each time. The others are
// added, so many at a time, once the reader stops following, searches, or the run is over.
const FOLLOWED_LINES = 200;
const ADDED_LINES = 300;
const DRAW_MS = 200;
// A longer line is broken, and one of more colours has the last of them to its end.
const LINE_CHARS = 2_000;
const LINE_PARTS = 100;

// --- Text as it comes, as lines of coloured parts.

// A line's end, colours (with the end of a line that `grep` erases after each), and what cannot be seen or turns the text around it.
const TOKEN = /\r?\n|\x1b\[[0-9;:]*[mK]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
// What may go on in the next piece.
const UNFINISHED = /(?:\x1b(?:\[[0-9;:]{0,40})?|\r)$/;
const PLAIN = { ink: undefined, ground: undefined, bold: false, dim: false, italic: false, underline: false, inverse: false, strike: false };
const SWITCHES = { 1: ['bold', true], 2: ['dim', true], 3: ['italic', true], 4: ['underline', true], 7: ['inverse', true], 9: ['strike', true], 22: ['bold', false], 23: ['italic', false], 24: ['underline', false], 27: ['inverse', false], 29: ['strike', false] };

function visible(char) {
  const code = char.codePointAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

// The nearest of the eight colours.
const of_rgb = (r, g, b) => (r > 127 ? 1 : 0) + (g > 127 ? 2 : 0) + (b > 127 ? 4 : 0);

function of_256(n) {
  if (n < 16) return n % 8;
  if (n >= 232) return n < 244 ? 0 : 7;
  const [r, g, b] = [Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6];
  return of_rgb(r * 51, g * 51, b * 51);
}

function apply_colours(style, codes) {
  const list = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < list.length; at++) {
    const code = list[at];
    const colour = code % 10;
    if (code === 0) Object.assign(style, PLAIN);
    else if (SWITCHES[code]) {
      style[SWITCHES[code][0]] = SWITCHES[code][1];
      if (code === 22) style.dim = false;
    } else if (code === 38 || code === 48) {
      const is_256 = list[at + 1] === 5;
      const found = is_256 ? of_256(list[at + 2]) : of_rgb(list[at + 2], list[at + 3], list[at + 4]);
      style[code === 38 ? 'ink' : 'ground'] = found;
      at += is_256 ? 2 : 4;
    } else if (code === 39) style.ink = undefined;
    else if (code === 49) style.ground = undefined;
    else if (colour < 8 && (code < 38 && code >= 30 || code >= 90 && code < 98)) style.ink = colour;
    else if (colour < 8 && (code < 48 && code >= 40 || code >= 100 && code < 108)) style.ground = colour;
  }
}

function class_of(style, is_error) {
  const switches = ['bold', 'dim', 'italic', 'underline', 'inverse', 'strike'].filter((it) => style[it]).map((it) => `a-${it}`);
  const colours = [style.ink !== undefined && `a-ink-${style.ink}`, style.ground !== undefined && `a-ground-${style.ground}`];
  return [is_error && 'a-error', ...switches, ...colours].filter(Boolean).join(' ');
}

const text_of = (line) => line.parts.map((it) => it[1]).join('');

// How many lines of a text have what is sought.
function count_hits(text, sought) {
  let n = 0;
  for (let at = text.indexOf(sought); at >= 0; n++) {
    const end = text.indexOf('\n', at);
    at = end < 0 ? -1 : text.indexOf(sought, end);
  }
  return n;
}

// The lines that are not in the page: their number, and their text in pieces. Of far too much text the middle goes.
function hidden_lines() {
  const pieces = [];
  let [n_chars, n_first] = [0, 0];
  // Whether something is among them that the server has not kept, and whether all of their text is still here.
  const hidden = { n: 0, has_gap: false, is_whole: true };
  hidden.add = (lines) => {
    for (const line of lines) {
      if (line.is_gap) {
        hidden.has_gap = true;
        continue;
      }
      hidden.n += 1;
      const text = `${text_of(line).toLowerCase()}\n`;
      if (pieces.length === 0 || pieces.at(-1).length >= HIDDEN_PIECE_CHARS) pieces.push('');
      pieces[pieces.length - 1] += text;
      n_chars += text.length;
      if (n_chars <= HIDDEN_CHARS / 2) n_first = pieces.length;
      if (n_chars <= HIDDEN_CHARS) continue;
      n_chars -= pieces.splice(n_first, 1)[0].length;
      hidden.is_whole = false;
    }
  };
  hidden.count = (sought) => pieces.reduce((n, it) => n + count_hits(it, sought), 0);
  return hidden;
}

// Takes bytes of both streams, and gives lines: those that are whole go to `done`, the last one is `open`. What is too much to be shown
// is dropped.
function line_reader(drop) {
  const encoder = new TextEncoder();
  const streams = {};
  for (const name of ['stdout', 'stderr']) streams[name] = { decoder: new TextDecoder(), style: { ...PLAIN }, class: name === 'stderr' ? 'a-error' : '', is_error: name === 'stderr', rest: '' };
  const new_line = () => ({ parts: [], n_chars: 0 });
  const reader = { done: [], open: new_line(), has_gap: false };

  function end_line() {
    reader.done.push(reader.open);
    reader.open = new_line();
    // A page of empty lines is a million of them: only those that can be shown are kept.
    if (reader.done.length > 2 * (HEAD_LINES + TAIL_LINES)) drop(reader.done.splice(HEAD_LINES, HEAD_LINES + TAIL_LINES));
  }

  function add(text, kind) {
    for (let at = 0; at < text.length;) {
      if (reader.open.n_chars >= LINE_CHARS) end_line();
      const { open } = reader;
      const piece = text.slice(at, at + LINE_CHARS - open.n_chars);
      const last = open.parts.at(-1);
      if (last && (last[0] === kind || open.parts.length >= LINE_PARTS)) last[1] += piece;
      else open.parts.push([kind, piece]);
      open.n_chars += piece.length;
      at += piece.length;
    }
  }

  function write(of, text) {
    let whole = of.rest + text;
    of.rest = whole.match(UNFINISHED)?.[0] ?? '';
    whole = whole.slice(0, whole.length - of.rest.length);
    let at = 0;
    for (const found of whole.matchAll(TOKEN)) {
      if (found.index > at) add(whole.slice(at, found.index), of.class);
      at = found.index + found[0].length;
      const token = found[0];
      if (token.endsWith('\n')) end_line();
      else if (token.length === 1) add(visible(token), 'a-control');
      else if (token.endsWith('m')) {
        apply_colours(of.style, token.slice(2, -1));
        of.class = class_of(of.style, of.is_error);
      }
    }
    if (at < whole.length) add(whole.slice(at), of.class);
  }

  // A character may be in two pieces, so that all of them are decoded as bytes of one stream.
  reader.take = ({ stream, text, base64 }) => {
    const of = streams[stream] ?? streams.stdout;
    const bytes = base64 ? Uint8Array.from(atob(base64), (it) => it.charCodeAt(0)) : encoder.encode(text);
    write(of, of.decoder.decode(bytes, { stream: true }));
  };
  reader.gap = () => {
    if (reader.open.n_chars > 0) end_line();
    add(GAP_TEXT, 'a-control');
    reader.open.is_gap = true;
    reader.has_gap = true;
    end_line();
  };
  // Nothing more comes: what was waited for is all there is.
  reader.end = () => {
    for (const of of Object.values(streams)) {
      const left = of.rest + of.decoder.decode();
      of.rest = '';
      for (const char of left) add(/[\x1b\r\u0000-\u001f]/.test(char) ? visible(char) : char, of.class);
    }
  };
  return reader;
}

// --- The view of an output.

function parts_of(line) {
  return line.parts.map(([kind, text]) => (kind ? element('span', { class: kind }, text) : text));
}

function line_element(line) {
  return element('div', { class: 'run-line', 'data-gap': line.is_gap ? '' : undefined }, ...parts_of(line));
}

async function to_clipboard(text) {
  try {
    if (window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch { /* The browser refused: by selection then. */ }
  const before = document.activeElement;
  const field = element('textarea', { class: 'sr', readonly: '' });
  field.value = text;
  document.body.append(field);
  field.select();
  const is_done = document.execCommand('copy');
  field.remove();
  before?.focus({ preventScroll: true });
  return is_done;
}

// `hear_of_run` is told how the run is once its output has ended.
export function make_view(id, address, release, hear_of_run) {
  const head = element('div');
  const gap = element('p', { class: 'run-gap', hidden: '' });
  const tail = element('div');
  const open = element('div', { class: 'run-line' });
  const empty = element('p', { class: 'quiet', 'data-run-empty': '' }, 'Loading…');
  const lines = element('div', { class: 'run-lines', role: 'group', tabindex: '0', 'aria-label': `Output of run ${id}` }, empty, head, gap, tail, open);
  const field = element('input', { class: 'input', 'data-size': 's', type: 'search', 'aria-label': 'Search output', placeholder: 'Search output', autocomplete: 'off', spellcheck: 'false' });
  const found = element('span', { class: 'count', role: 'status' });
  const follow = element('button', { class: 'button', type: 'button', 'data-size': 's', hidden: '' }, 'Follow');
  const copy = element('button', { class: 'button', type: 'button', 'data-kind': 'ghost', 'data-size': 's', 'aria-label': 'Copy output' }, 'Copy');
  const download = element('a', { class: 'button', 'data-kind': 'ghost', 'data-size': 's', 'aria-label': 'Download output', href: `${address}/output?format=raw`, download: `run-${id}.txt`, rel: 'external' }, 'Download');
  const tools = element('div', { class: 'run-tools' }, element('div', { class: 'search' }, glyph('i-search'), field), found, follow, copy, download);
  const failure = element('p', { class: 'run-problem small', role: 'alert', hidden: '' });
  const box = element('div', { class: 'run-view' }, tools, lines, failure);

  const hidden = hidden_lines();
  const reader = line_reader(hidden.add);
  const view = { id, release, box, seen: 0, is_over: false, is_used: false, read_at: 0, left_at: undefined };
  // The last lines, and how many of them are drawn: always the last ones.
  const kept = [];
  let [n_head, n_kept_chars, n_drawn] = [0, 0, 0];
  let [is_due, is_reading, is_again, drawn_at] = [false, false, false, -DRAW_MS];
  let [is_following, top] = [true, 0];
  let had_focus;

  // --- Drawing.

  // Adds lines to those that are kept, of which the first go.
  function keep(added) {
    for (const it of added) {
      kept.push(it);
      n_kept_chars += it.n_chars;
    }
    let n = 0;
    while (kept.length - n > TAIL_LINES || (n_kept_chars > TAIL_CHARS && kept.length - n > 1)) n_kept_chars -= kept[n++].n_chars;
    hidden.add(kept.splice(0, n));
  }

  function draw_tail(added) {
    const shows_all = !is_following || view.is_over || field.value !== '';
    const limit = shows_all ? kept.length : Math.min(kept.length, FOLLOWED_LINES);
    const fresh = added.slice(-limit);
    const n_stay = Math.min(n_drawn, limit - fresh.length);
    if (n_stay === 0) tail.replaceChildren();
    for (let n = n_drawn - n_stay; n > 0 && n_stay > 0; n--) tail.firstElementChild.remove();
    tail.append(...fresh.map(line_element));
    n_drawn = n_stay + fresh.length;
    const first = kept.length - n_drawn;
    const before = shows_all ? kept.slice(Math.max(first - ADDED_LINES, 0), first) : [];
    tail.prepend(...before.map(line_element));
    n_drawn += before.length;
    if (shows_all && n_drawn < kept.length) draw_soon(0);
  }

  // Those that are kept and not drawn yet.
  const undrawn = () => kept.slice(0, kept.length - n_drawn);

  // What is said in the place of lines that are not shown; nothing if there are none.
  function gap_text(more = []) {
    const n = hidden.n + more.filter((it) => !it.is_gap).length;
    const has_gap = hidden.has_gap || more.some((it) => it.is_gap);
    if (n === 0) return has_gap ? GAP_TEXT : '';
    return `${count_of(n, 'line')} not shown here${has_gap ? ', and more that was not kept' : ''}`;
  }

  function draw() {
    is_due = false;
    drawn_at = performance.now();
    const done = reader.done;
    reader.done = [];
    const to_head = done.slice(0, Math.max(HEAD_LINES - n_head, 0));
    n_head += to_head.length;
    head.append(...to_head.map(line_element));
    const added = done.slice(to_head.length);
    keep(added);
    draw_tail(added.slice(-kept.length));
    gap.textContent = gap_text(undrawn());
    gap.hidden = gap.textContent === '';
    open.replaceChildren(...parts_of(reader.open));
    open.hidden = reader.open.n_chars === 0;
    const is_empty = n_head === 0 && reader.open.n_chars === 0;
    empty.hidden = !is_empty;
    if (is_empty && view.read_at > 0) empty.textContent = view.is_over ? 'This output is no longer kept' : 'No output yet';
    if (field.value) search();
    if (is_following) to_end();
  }

  function draw_soon(wait = DRAW_MS) {
    if (is_due) return;
    is_due = true;
    // In a page that is not shown nothing is drawn until it is.
    setTimeout(() => requestAnimationFrame(draw), Math.max(drawn_at + wait - performance.now(), 0));
  }

  // --- Following.

  function to_end() {
    lines.scrollTop = lines.scrollHeight;
    top = lines.scrollTop;
  }

  const is_at_end = () => lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;

  function set_following(now) {
    is_following = now;
    follow.hidden = now || view.is_over;
    if (now) return to_end();
    view.is_used = true;
    draw_soon(0);
  }

  lines.addEventListener('scroll', () => {
    const before = top;
    // Folded, or taken out of the page, it says nothing; and what the view has scrolled itself it knows.
    if (!lines.isConnected || lines.clientHeight === 0 || lines.scrollTop === before) return;
    top = lines.scrollTop;
    if (is_at_end()) {
      if (!is_following) set_following(true);
    } else if (is_following && top < before) set_following(false);
  });
  follow.addEventListener('click', () => {
    set_following(true);
    lines.focus({ preventScroll: true });
  });

  // --- Search.

  const all_lines = () => [...head.children, ...tail.children, ...(open.hidden ? [] : [open])].filter((it) => !it.hasAttribute('data-gap'));
  let current;

  // `n_elsewhere` of those that are not shown.
  function hits_text(n, n_elsewhere) {
    const more = n_elsewhere.toLocaleString('en-US');
    if (n > 0) return n_elsewhere > 0 ? `${count_of(n, 'line')}, ${more} more not shown here` : count_of(n, 'line');
    if (n_elsewhere > 0) return `${count_of(n_elsewhere, 'line')}, not shown here`;
    return reader.has_gap || !hidden.is_whole ? 'No match in what was kept' : 'No match';
  }

  function search() {
    const sought = field.value.toLowerCase();
    const has_it = (text) => sought !== '' && text.toLowerCase().includes(sought);
    const hits = all_lines().filter((it) => it.toggleAttribute('data-hit', has_it(it.textContent)));
    let text = '';
    if (sought !== '') {
      // Those that are not drawn yet are about to be, between the first lines and the last.
      const n_coming = undrawn().filter((it) => !it.is_gap && has_it(text_of(it))).length;
      const at = hits.indexOf(current);
      if (at >= 0) text = `${(at + 1 + (head.contains(current) ? 0 : n_coming)).toLocaleString('en-US')} of `;
      text += hits_text(hits.length + n_coming, hidden.count(sought));
    }
    if (found.textContent !== text) found.textContent = text;
  }

  function go_to_hit(is_back) {
    const hits = all_lines().filter((it) => it.hasAttribute('data-hit'));
    if (hits.length === 0) return;
    const at = hits.indexOf(current);
    const next = at < 0 ? (is_back ? hits.length - 1 : 0) : (at + (is_back ? hits.length - 1 : 1)) % hits.length;
    current?.removeAttribute('data-current');
    current = hits[next];
    current.setAttribute('data-current', '');
    set_following(false);
    current.scrollIntoView({ block: 'nearest' });
    top = lines.scrollTop;
    search();
  }

  field.addEventListener('input', () => {
    current?.removeAttribute('data-current');
    current = undefined;
    view.is_used = true;
    search();
    draw_soon(0);
  });
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      go_to_hit(event.shiftKey);
    } else if (event.key === 'Escape' && field.value) {
      // It clears the field, and leaves the panel open.
      event.preventDefault();
      event.stopPropagation();
      field.value = '';
      search();
    }
  });

  copy.addEventListener('click', async () => {
    const texts = [...head.children].map((it) => it.textContent);
    const left_out = gap_text();
    if (left_out) texts.push(left_out);
    texts.push(...kept.map(text_of));
    if (!open.hidden) texts.push(open.textContent);
    const is_done = await to_clipboard(`${texts.join('\n')}\n`);
    copy.textContent = is_done ? 'Copied' : "Couldn't copy";
    say(copy.textContent);
    setTimeout(() => { copy.textContent = 'Copy'; }, 2_000);
  });

  // --- Reading.

  function take(items) {
    for (const it of items) {
      // What comes by the stream may have been read already.
      if (it.seq <= view.seen) continue;
      if (it.seq > view.seen + 1) reader.gap();
      view.seen = it.seq;
      reader.take(it);
    }
    draw_soon();
  }

  // New pieces by the stream; what is missing before them is read.
  view.hear = (items) => {
    view.read_at ||= Date.now();
    if (is_reading || items[0]?.seq > view.seen + 1) view.read();
    else if (items.length > 0) {
      view.read_at = Date.now();
      take(items);
    }
  };

  view.read = async () => {
    if (view.is_over) return;
    is_again = true;
    if (is_reading) return;
    is_reading = true;
    while (is_again) {
      is_again = false;
      const { json, problem } = await watch(`${address}/output?after=${view.seen}`);
      failure.textContent = problem ?? '';
      failure.hidden = !problem;
      view.read_at = Date.now();
      if (problem) break;
      take(json.items);
      if (json.items.length > 0) is_again = true;
      else if (json.finished) end();
    }
    is_reading = false;
  };

  function end() {
    view.is_over = true;
    reader.end();
    follow.hidden = true;
    draw_soon();
    look_at_run();
  }

  // The run as it is now, where the page's connection does not tell.
  async function look_at_run() {
    const { json } = await watch(address);
    if (json) hear_of_run({ ...json, last: view.seen });
  }
  view.look = look_at_run;

  // --- In the page.

  box.addEventListener('focusin', (event) => { had_focus = event.target; });
  box.addEventListener('focusout', () => setTimeout(() => { if (box.isConnected && !box.contains(document.activeElement)) had_focus = undefined; }));

  // Shown again, at the place where it was.
  view.wake = () => {
    if (is_following) return to_end();
    lines.scrollTop = top;
    top = lines.scrollTop;
  };

  view.put_into = (details) => {
    details.append(box);
    view.left_at = undefined;
    view.wake();
    if (had_focus && document.activeElement === document.body) had_focus.focus({ preventScroll: true });
  };
  return view;
}
