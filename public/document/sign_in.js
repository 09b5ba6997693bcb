// After a session ended under an open page: asks to sign in again, in a dialog over the page, and sends the request that was
// refused once more. What was typed is still there. Plain JavaScript in the place of `fetch`, so that no request has to know
// of it. If another user signs in, the page is loaded again. The provider opens in a tab of its own; back here, the session is
// there.
const door = document.getElementById("sign-in");
if (door) {
  const send = fetch;
  let asking;
  const ask = () => new Promise((done) => {
    const dialog = document.importNode(door.content.firstElementChild, true);
    const said = dialog.querySelector("[role=alert]");
    const say = (text) => { said.textContent = text; said.hidden = false; };
    const enter = ({ user }) => {
      if (String(user.id) !== door.dataset.user) return location.reload();
      done(true);
      dialog.close();
    };
    const look = async () => {
      const answer = await send("/api/session").catch(() => ({}));
      if (answer.ok) enter(await answer.json());
    };
    addEventListener("focus", look);
    dialog.querySelector("[data-cancel]").onclick = () => dialog.close();
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
      const answer = await send("/api/session", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => ({}));
      if (answer.status !== 201) return say({ 401: "Wrong login or password", 429: "Too many failed attempts. Try again later" }[answer.status] ?? "Something went wrong. Try again");
      enter(await answer.json());
    };
    dialog.onclose = () => { removeEventListener("focus", look); dialog.remove(); asking = undefined; done(false); };
    document.body.append(dialog);
    dialog.showModal();
  });
  window.fetch = async (request, options) => {
    const again = request instanceof Request ? request.clone() : request;
    const answer = await send(request, options);
    if (answer.status !== 401 || !new URL(answer.url).pathname.startsWith("/rpc/")) return answer;
    return (await (asking ??= ask())) ? send(again, options) : answer;
  };
}
