// A key that is held down presses once: it must not answer the question, or press the button, that its first press brought up.
addEventListener("keydown", (event) => {
  if (event.repeat && /^(Enter| )$/.test(event.key) && event.target.closest("button, a, summary")) event.preventDefault();
}, true);
