// The one button of a page for paper. With `#print`, as Ctrl+P on the matrix opens it, it is pressed at once.
document.querySelector('[data-print]')?.addEventListener('click', () => print());
if (location.hash === '#print') addEventListener('load', () => print());
