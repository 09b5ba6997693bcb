// Counts by how many entries a navigation through history has moved, as `history.moved`, so that `unsaved_guard` can go back
// to where the user was. Each entry is given its place when it is made. A click on a fragment makes one without a place.
let place = history.state?.place ?? 0;
for (const name of ["pushState", "replaceState"]) {
  const plain = history[name].bind(history);
  history[name] = (state, title, url) => plain({ ...state, place: name === "pushState" ? ++place : place }, title, url);
}
history.replaceState(history.state, "");
addEventListener("popstate", ({ state }) => {
  const to = state?.place;
  history.moved = to === undefined ? 1 : to - place;
  place += history.moved;
  if (to === undefined) history.replaceState(null, "");
}, true);
