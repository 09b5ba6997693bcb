// The keys that every page has (R106): Ctrl+K, `g` and a letter, `/` and `?`. They are heard before the page's own, and the last two
// after them, since the grid has its own. What they open is loaded when it is first asked for, by `palette`; what changes the evidence
// of a step (R74) by `evidence`; what runs steps and shows their output (R75) by `runs`, also where an output is open when the page
// comes. Links are clicked, so that the router and the question about unsaved changes hear of it.
const go = { d: "/", r: "/releases", c: "/customers", k: "/clusters", a: "/activity" };
const is_plain = (event) => {
  let letters;
  try { letters = localStorage.getItem("rollcall.letters"); } catch {}
  return letters !== "off" && !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    && !event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") && !document.querySelector("dialog[open], [role=menu]");
};
let began = -Infinity;
addEventListener("keydown", (event) => {
  const { key } = event;
  if (key === "Shift") return;
  const is_going = event.timeStamp - began < 1500;
  began = -Infinity;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key.toLowerCase() === "k") {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat && !document.querySelector("dialog[open]:not(.palette)")) palette("open");
  } else if (is_plain(event)) {
    if (is_going && Object.hasOwn(go, key)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const link = document.querySelector(`.sidebar a[href="${go[key]}"]`);
      link ? link.click() : location.assign(go[key]);
    } else if (key === "g" && !event.repeat) began = event.timeStamp;
  }
}, true);
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || !/^[/?]$/.test(event.key) || !is_plain(event)) return;
  event.preventDefault();
  if (event.key === "?") return palette("shortcuts");
  const field = [...document.querySelectorAll('#main [type=search]')].find((it) => it.checkVisibility());
  field ? field.focus() : palette("open");
});
addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) palette("open");
  const piece = event.target.closest("[data-evidence]");
  if (piece) evidence(piece);
  const run = event.target.closest("[data-run]");
  if (run) runs("press", run);
  const skip = event.target.closest(".skip");
  const to = skip && ((skip.matches("[data-grid]") && document.querySelector("[role=grid] [tabindex='0']")) || document.querySelector('#main h1'));
  if (to) { event.preventDefault(); if (to.tabIndex < 0) to.tabIndex = -1; to.focus(); }
}, true);
addEventListener("rollcall-run", (event) => runs("ask", event.detail));
addEventListener("toggle", (event) => event.target.matches?.("[data-run-output][open]") && runs("show"), true);
if (document.querySelector("[data-run-output][open]")) setTimeout(() => runs("show"));
