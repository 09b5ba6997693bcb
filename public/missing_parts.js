// Retries WASM parts that cannot be loaded because the server cannot be reached, and shows a line as long as one is missing, with a
// button that tries at once: without it the failed load would panic. Marks the page while anything is being loaded. Loaded before
// `live.js`, once the page is interactive.

const send = fetch;
let missing = 0, line;
// What waits for the next try.
const waiting = new Set();
const retry = () => waiting.forEach((go) => go());
addEventListener('online', retry);
const say = (change) => {
  missing += change;
  if (!missing) { line?.remove(); line = undefined; }
  if (!missing || line?.isConnected) return;
  const region = document.querySelector('.live-lines') ?? document.body.appendChild(document.createElement('div'));
  region.className = 'live-lines';
  region.setAttribute('role', 'status');
  line = region.appendChild(document.createElement('p'));
  line.textContent = 'The server cannot be reached. What is not loaded yet opens once it is back. ';
  const button = line.appendChild(document.createElement('button'));
  button.className = 'button';
  button.dataset.size = 's';
  button.textContent = 'Retry';
  button.onclick = retry;
};
let n_loading = 0;
const count_loading = (change) => {
  n_loading += change;
  document.documentElement.toggleAttribute('data-loading', n_loading > 0);
};
window.fetch = async (request, options) => {
  count_loading(1);
  try {
    return await load(request, options);
  } finally {
    count_loading(-1);
  }
};
const load = async (request, options) => {
  if (!/\/pkg\/[^/]+\.wasm$/.test(request.url ?? request)) return send(request, options);
  for (let is_missing = false; ; ) {
    try {
      const answer = await send(request, options);
      if (answer.status < 500) {
        const bytes = await answer.arrayBuffer();
        if (is_missing) say(-1);
        return new Response(bytes, answer);
      }
    } catch {}
    if (!is_missing) say(1);
    is_missing = true;
    let go;
    await new Promise((done) => { go = done; waiting.add(go); setTimeout(go, 2000); });
    waiting.delete(go);
  }
};
