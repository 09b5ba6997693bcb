// The one button of a page for paper, and its times. With `#print`, as Ctrl+P on the matrix opens it, the button is pressed at once.
document.querySelector('[data-print]')?.addEventListener('click', () => print());
if (location.hash === '#print') addEventListener('load', () => print());
// The server knows neither the person's time zone nor the form of their language (R108). The head names the zone, for whoever reads it elsewhere.
for (const it of document.querySelectorAll('time')) {
  const form = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
  if (it.closest('header')) form.timeZoneName = 'short';
  it.textContent = new Date(it.dateTime).toLocaleString([], form);
}
