// In `open` mode, where nobody has entered a name (R108): a change that the server refuses for that opens the dialog of the sidebar, and
// is sent once more when the name is stored. The dialog is closed when its field is gone.
{
  const send = fetch;
  let is_named = false;
  let asking;
  const field = () => document.getElementById("your-name");
  const ask = () => new Promise((done) => {
    let is_open = false;
    const watch = new MutationObserver(() => {
      if (is_open && !field()) { watch.disconnect(); asking = undefined; done(is_named); }
      is_open = !!field();
    });
    watch.observe(document.body, { childList: true, subtree: true });
    document.querySelector(".sidebar__foot [aria-haspopup=dialog]").click();
  });
  window.fetch = async (given, options) => {
    const request = new Request(given, options);
    if (new URL(request.url).pathname.startsWith("/rpc/")) request.headers.set("x-rollcall-asks-for-name", "1");
    const again = request.clone();
    const answer = await send(request);
    const path = answer.url && new URL(answer.url).pathname;
    if (answer.ok && path === "/rpc/set_actor") is_named = true;
    if (answer.status !== 428 || !path.startsWith("/rpc/")) return answer;
    return (await (asking ??= ask())) ? send(again) : answer;
  };
}
