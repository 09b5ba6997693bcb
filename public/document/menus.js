// Closes `details` menus after a choice, on Escape and on a click elsewhere, and returns the focus to the menu's
// button. Plain JavaScript, since every page needs it and it is smaller than the same in WASM.
const menus = (shut) => document.querySelectorAll("details.more[open]").forEach(shut);
addEventListener("click", (event) => menus((it) => {
  const chosen = it.contains(event.target) && event.target.closest(".menu :is(a, button)");
  if (chosen) it.firstElementChild.focus();
  if (chosen || !it.contains(event.target)) it.open = false;
}), true);
addEventListener("keydown", (event) => event.key === "Escape" && menus((it) => {
  if (it.contains(document.activeElement)) { event.preventDefault(); event.stopPropagation(); it.firstElementChild.focus(); }
  it.open = false;
}), true);
