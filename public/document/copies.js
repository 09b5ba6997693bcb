// A tab that the browser made as a copy of another has a copy of what that one can undo (R101), which it forgets. A page that is left
// says so for the one that follows it in the tab: nothing says so in the copy of a page that is shown. A tab that the browser had put
// away to save memory could not say it.
try {
  const kept = sessionStorage;
  if (!kept["rollcall.left"] && !document.wasDiscarded) for (const it in kept) if (/^rollcall\.undo/.test(it)) delete kept[it];
  addEventListener("pagehide", () => { kept["rollcall.left"] = 1; });
  addEventListener("pageshow", () => { delete kept["rollcall.left"]; });
} catch {}
