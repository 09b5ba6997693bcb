// What the scripts of runs share (R75): elements, words, requests, what is read out, and telling the page. Every script of runs loads the
// others by its own address's version (`import.meta.url`), so that all of a page are of one build.

// With the stream, in case something was missed.
export const QUIET_MS = 5_000;

export const WORDS = { queued: 'Queued', claimed: 'Claimed', running: 'Running', succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled', lost: 'Lost' };
// The states of a run that is not over, as they follow each other.
export const ORDER = ['queued', 'claimed', 'running'];
export const is_over = (state) => !ORDER.includes(state);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function glyph(name) {
  const holder = document.createElement('template');
  holder.innerHTML = `<svg class="glyph" aria-hidden="true" data-size="s"><use href="#${name}"></use></svg>`;
  return holder.content.firstElementChild;
}

export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const count_of = (n, noun) => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;

// --- The server.

// By how much its clock is ahead of this machine's, if that is worth a correction.
let ahead_ms = 0;

export const server_now = () => Date.now() + ahead_ms;

// What it answers, or why not.
export async function server(address, options = {}) {
  try {
    const answer = await fetch(address, { ...options, redirect: 'error' });
    const ahead = Date.parse(answer.headers.get('date')) - Date.now();
    ahead_ms = Math.abs(ahead) > 2_000 ? ahead : 0;
    const json = await answer.json().catch(() => ({}));
    return answer.ok ? { json } : { problem: capitalized(json.detail ?? `Something went wrong (${answer.status})`), status: answer.status };
  } catch {
    return { problem: "The server can't be reached. Try again" };
  }
}

// Watching is no use of a session.
export const watch = (address) => server(address, { headers: { 'X-Rollcall-Background': '1' } });

export const post = (address, body) => server(address, { method: 'POST', ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }) });

// --- What is read out.

const region = element('div', { class: 'sr', role: 'status' });
document.body.append(region);

export function say(text) {
  region.textContent = text;
}

// --- Telling the page what its connection has not told it.

// As `live.js` does it: the releases, who, when, and a line for each event.
export function tell_page(runs) {
  const releases = [...new Set(runs.map((it) => it.releaseId))].join(' ');
  const lines = runs.map((it) => `step ${it.stepId} start ${it.releaseId} ${it.customerId}`);
  window.dispatchEvent(new CustomEvent('rollcall', { detail: [releases, '', '', ...lines].join('\n') }));
}

export const hears = () => document.documentElement.hasAttribute('data-live');
