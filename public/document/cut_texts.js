// A line that does not fit has the whole of it as its title while the pointer is over it. A title of its own stays, or one around it.
addEventListener("pointerover", (event) => {
  const line = event.target.closest?.(".clip, .log__what");
  if (!line || (line.title && line.title !== line.whole) || line.parentElement.closest("[title]")) return;
  line.whole = line.scrollWidth > line.clientWidth ? line.textContent.trim() : "";
  line.whole ? line.title = line.whole : line.removeAttribute("title");
});
