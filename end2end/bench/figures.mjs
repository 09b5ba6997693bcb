// The results of the benchmarks: medians, each with a baseline of the same run, and a target where there is one. A slow
// figure fails nothing; a measurement that breaks does.

export const MILLISECONDS = 'ms';
export const BYTES = 'kB';
export const MEMORY = 'MB';

// The page or the part of it that a measurement is about is not there (yet): said, and no failure.
export class NotThere extends Error {}

const figures = [];
let broken = 0;

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = values => percentile(values, 0.5);

// One figure. `values` are all runs, or one number for what does not vary. `baseline` is { what, values }. A target is the
// most that it may be, or with `more` the least.
export function figure({ name, size = '', values, unit, baseline, target = null, more = false, note = '' }) {
  const list = Array.isArray(values) ? values : [values];
  if (list.length === 0 || list.some(it => typeof it !== 'number' || !Number.isFinite(it))) {
    missing({ name, size, why: 'nothing was counted' });
    return;
  }
  const value = median(list);
  const besides = baseline && median([baseline.values].flat());
  figures.push({
    figure: name, size, median: round(value), p95: round(percentile(list, 0.95)), runs: list.length, unit,
    baseline: besides === undefined ? null : round(besides), baselineOf: baseline?.what ?? null,
    ratio: besides ? round(value / besides) : null,
    target, more, verdict: target === null ? null : (more ? value >= target : value <= target) ? 'reached' : 'not reached',
    ...(note ? { note } : {}),
  });
  say(`${name}${size && ` (${size})`}: ${number(value)} ${unit}`);
}

export function missing({ name, size = '', why }) {
  figures.push({ figure: name, size, notMeasured: why });
  say(`${name}${size && ` (${size})`}: not measured: ${why}`);
}

// Progress goes to standard error, so that standard output is the table and the JSON lines alone.
export function say(text) {
  process.stderr.write(`  ${text}\n`);
}

// Runs a part of the benchmark. A missing tool or a failure is printed, and the other parts still run.
export async function part(name, size, work) {
  const began = performance.now();
  process.stderr.write(`\n-- ${name}${size && `, ${size}`}\n`);
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotThere)) {
      broken += 1;
      process.stderr.write(`${error.stack ?? error}\n`);
    }
    missing({ name, size, why: String(error.message ?? error).split('\n')[0] });
  } finally {
    say(`[${((performance.now() - began) / 1000).toFixed(1)} s]`);
  }
}

function round(value) {
  return Number(value.toPrecision(4));
}

function number(value) {
  if (value >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function columns(rows, rightAligned) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const line = row => row.map((text, at) => (rightAligned.has(at) ? text.padStart(widths[at]) : text.padEnd(widths[at]))).join('  ').trimEnd();
  return rows.map(line).join('\n');
}

export function table() {
  const rows = [['figure', 'size', 'median', 'p95', 'baseline', '', 'ratio', 'target', 'verdict']];
  for (const it of figures) {
    if (it.notMeasured) {
      rows.push([it.figure, it.size, '', '', '', '', '', '', `not measured: ${it.notMeasured}`]);
      continue;
    }
    rows.push([
      it.figure, it.size, `${number(it.median)} ${it.unit}`, it.runs > 1 ? number(it.p95) : '',
      it.baseline === null ? '' : number(it.baseline), it.baselineOf ?? '', it.ratio === null ? '' : `${number(it.ratio)}x`,
      it.target === null ? '' : `${it.more ? '>=' : '<='} ${number(it.target)}`, it.verdict ?? '',
    ]);
  }
  return columns(rows, new Set([2, 3, 4, 6, 7]));
}

// How each figure that was measured at several sizes grows.
export function growth(sizes) {
  const rows = [['figure', ...sizes.map(it => `${number(it.cells)} cells`), 'growth']];
  for (const name of new Set(figures.filter(it => it.size && !it.notMeasured).map(it => it.figure))) {
    const found = sizes.map(size => figures.find(it => it.figure === name && it.size === size.name && !it.notMeasured));
    const present = found.filter(Boolean);
    if (present.length < 2) continue;
    const [first, last] = [present[0].median, present.at(-1).median];
    rows.push([`${name} [${present[0].unit}]`, ...found.map(it => (it ? number(it.median) : '')), first > 0 ? `${number(last / first)}x` : '']);
  }
  return columns(rows, new Set([1, 2, 3, 4]));
}

export function lines() {
  return figures.map(it => JSON.stringify(it)).join('\n');
}

export function summary() {
  const reached = figures.filter(it => it.verdict === 'reached').length;
  const all = figures.filter(it => it.verdict).length;
  const left = figures.filter(it => it.notMeasured).length;
  return { text: `${reached} of ${all} targets reached, ${left} not measured, ${broken} measurements broke`, broken };
}
