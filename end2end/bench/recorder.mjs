// Runs inside the page: records long tasks, and the time from an input event to the paint that shows its effect. It is
// passed to the browser as text, so it uses nothing outside of its own functions.
export function recorder() {
  const tasks = [];
  try {
    const observer = new PerformanceObserver(list => {
      for (const it of list.getEntries()) tasks.push({ start: it.startTime, long: it.duration });
    });
    observer.observe({ type: 'longtask', buffered: true });
  } catch {
    // A browser without it: then there are none to tell of.
  }

  const cell = ({ r, c }) => document.querySelector(`td[data-r="${r}"][data-c="${c}"]`);
  const place = element => (element?.dataset?.r === undefined ? '' : `${element.dataset.r},${element.dataset.c}`);
  const field = () => document.activeElement;
  const around = () => field()?.closest('dialog, [role=dialog], main') ?? document;
  // How many entries are shown, and what the page says of it.
  const shown = () => [around().querySelectorAll('tr:not([hidden]), li:not([hidden])').length, around().querySelector('[role=status]')?.textContent ?? ''].join(' ');
  const heads = () => document.querySelectorAll('.grid thead th[data-c]').length;

  // Each takes note of how it is now, and answers whether the change can be seen.
  const conditions = {
    counted() {
      const before = field()?.textContent;
      return () => field()?.textContent !== before;
    },
    moved() {
      const before = place(document.activeElement);
      return () => !['', before].includes(place(document.activeElement));
    },
    selected: at => () => cell(at)?.getAttribute('aria-selected') === 'true',
    state: at => () => cell(at)?.dataset.state === at.state,
    typed() {
      const before = field()?.value;
      return () => field()?.value !== before;
    },
    narrowed() {
      const [text, before] = [field()?.value, shown()];
      return () => field()?.value !== text && shown() !== before;
    },
    columns() {
      const [text, before] = [field()?.value, heads()];
      return () => field()?.value !== text && heads() !== before;
    },
  };

  const soon = call => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => call();
    channel.port2.postMessage(0);
  };

  window.__bench = {
    tasks,
    result: Promise.resolve(null),
    // Waits for the next such event. The task behind a frame's callback runs when that frame has been painted.
    arm(type, name, argument) {
      const holds = conditions[name](argument);
      this.result = new Promise(done => {
        const tooLate = setTimeout(() => done(null), 8000);
        const begin = event => {
          removeEventListener(type, begin, true);
          const now = performance.now();
          const start = Math.abs(now - event.timeStamp) < 5000 ? event.timeStamp : now;
          const frame = () => requestAnimationFrame(() => {
            const is = holds();
            soon(() => {
              const took = performance.now() - start;
              if (!is && took < 5000) {
                frame();
                return;
              }
              clearTimeout(tooLate);
              done(is ? took : null);
            });
          });
          frame();
        };
        addEventListener(type, begin, true);
      });
    },
    nodes() {
      const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
      let all = 1;
      while (walker.nextNode()) all += 1;
      return { all, elements: document.querySelectorAll('*').length };
    },
    frames(n) {
      return new Promise(done => {
        const next = () => (n-- > 0 ? requestAnimationFrame(next) : done());
        next();
      });
    },
    loop() {
      const start = performance.now();
      let sum = 0;
      for (let n = 0; n < 20_000_000; n++) sum = (sum * 31 + n) | 0;
      return sum === 1 ? 0 : performance.now() - start;
    },
    cells(n) {
      const pane = document.querySelector('.matrix');
      const view = this.view(pane);
      const inside = [...pane.querySelectorAll('td.cell[data-state]:not([data-group])')]
        .map(it => ({ it, box: it.getBoundingClientRect() }))
        .filter(({ box }) => box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom);
      const step = Math.max(1, Math.floor(inside.length / n));
      return inside.filter((_, index) => index % step === 0).slice(0, n)
        .map(({ it, box }) => ({ r: it.dataset.r, c: it.dataset.c, x: box.left + box.width / 2, y: box.top + box.height / 2 }));
    },
    focused() {
      const it = document.activeElement;
      if (it?.dataset?.r === undefined) return null;
      return { r: it.dataset.r, c: it.dataset.c, state: it.dataset.state, marks: it.dataset.marks ?? '' };
    },
    // Where cells stand: right of the first column, below the heads, and not beyond the end of the table.
    view(pane) {
      const corner = pane.querySelector('thead .corner').getBoundingClientRect();
      const table = pane.querySelector('table').getBoundingClientRect();
      const box = pane.getBoundingClientRect();
      return {
        left: corner.right + 1, top: corner.bottom + 1,
        right: Math.min(box.left + pane.clientWidth, table.right) - 1, bottom: Math.min(box.top + pane.clientHeight, table.bottom) - 1,
      };
    },
    // How many of 64 places in view show no cell.
    blanks(pane) {
      const view = this.view(pane);
      let blank = 0;
      for (let row = 0; row < 8; row++) {
        for (let column = 0; column < 8; column++) {
          const x = view.left + ((view.right - view.left) * (column + 0.5)) / 8;
          const y = view.top + ((view.bottom - view.top) * (row + 0.5)) / 8;
          const it = document.elementFromPoint(x, y);
          if (!it || it === pane || it.matches('table, thead, tbody, tr, .pad, .pad *, [data-pad], [data-pad] *')) blank += 1;
        }
      }
      return blank;
    },
    // Scrolls by many small steps, by screens and far away, both ways; two frames after each, cells must stand in view.
    async scroll() {
      const pane = document.querySelector('.matrix');
      const [wide, high] = [pane.scrollWidth - pane.clientWidth, pane.scrollHeight - pane.clientHeight];
      const result = { steps: 0, blank: 0, lasted: 0, most: 0, times: [], wide, high };
      const go = async (left, top) => {
        const before = [pane.scrollLeft, pane.scrollTop];
        const start = performance.now();
        pane.scrollTo({ left, top, behavior: 'instant' });
        if (before[0] === pane.scrollLeft && before[1] === pane.scrollTop) return;
        await this.frames(2);
        result.times.push(performance.now() - start);
        result.steps += 1;
        let blank = this.blanks(pane);
        if (blank === 0) return;
        result.blank += 1;
        result.most = Math.max(result.most, blank);
        const since = performance.now();
        while (blank > 0 && performance.now() - since < 3000) {
          await this.frames(1);
          blank = this.blanks(pane);
        }
        result.lasted = Math.max(result.lasted, performance.now() - since);
      };
      const [screenWide, screenHigh] = [pane.clientWidth * 0.9, pane.clientHeight * 0.9];
      for (let n = 1; n <= 30; n++) await go(n * 120, 0);
      for (let n = 1; n <= 15; n++) await go(30 * 120, n * 120);
      for (let n = 14; n >= 0; n--) await go(30 * 120, n * 120);
      for (let n = 1; n <= 12; n++) await go(n * screenWide, 0);
      for (let n = 1; n <= 4; n++) await go(12 * screenWide, n * screenHigh);
      for (const part of [1, 0.5, 0.9, 0.1, 0.7, 0]) await go(wide * part, high * part);
      for (let n = 30; n >= 0; n--) await go(n * 120, 0);
      return result;
    },
  };
}
