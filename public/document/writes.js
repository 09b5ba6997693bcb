// Counts the requests of this page that change something and have no answer yet: the document has `data-writing` meanwhile, and the
// window gets the event `rollcall-written` once all have theirs. Keeps the batches of the answers: what this page changes itself is not
// told to it. Part of the document, since a change can be made before `live.js`, which needs both, is loaded.
{
  const send = fetch, root = document.documentElement;
  // Server functions that change nothing.
  const READS = /\/rpc\/(read|list|preview|compare|count|is)_/;
  const BATCH_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  const own = new Set();
  let n_writing = 0;
  const count = (change) => {
    n_writing += change;
    root.toggleAttribute("data-writing", n_writing > 0);
    if (!n_writing) dispatchEvent(new Event("rollcall-written"));
  };
  // Reads an answer and keeps its body, so that the page has taken it as soon as it is returned: what is set for later comes after that.
  const take_body = async (answer) => {
    const body = await answer.arrayBuffer();
    for (const [batch] of new TextDecoder("latin1").decode(body).matchAll(BATCH_ID)) own.add(batch);
    answer.arrayBuffer = async () => body;
    answer.text = async () => new TextDecoder().decode(body);
  };
  window.own_writes = { READS, own, count, take_body };
  window.fetch = async (request, options) => {
    const url = request.url ?? String(request);
    if (!url.includes("/rpc/") || READS.test(url)) return send(request, options);
    count(1);
    try {
      const answer = await send(request, options);
      await take_body(answer);
      return answer;
    } finally {
      setTimeout(count, 0, -1);
    }
  };
}
