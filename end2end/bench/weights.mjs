// Sizes of the pages' first loads by file, and of the sections of each WASM part, which are read from the file itself.
import { byKind, weigh } from './browser.mjs';
import { figure } from './figures.mjs';
import { must } from './machine.mjs';

const SECTIONS = { 1: 'types', 2: 'imports', 3: 'functions', 4: 'tables', 5: 'memory', 6: 'globals', 7: 'exports', 8: 'start', 9: 'elements', 10: 'code', 11: 'data', 12: 'data count' };

function unsigned(bytes, at) {
  let [value, shift] = [0, 1];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 127) * shift;
    if (byte < 128 || byte === undefined) return [value, at];
    shift *= 128;
  }
}

// Kilobytes by section, and how many functions there are.
export function sections(bytes) {
  const found = {};
  let functions = 0;
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at];
    const [long, start] = unsigned(bytes, at + 1);
    const name = SECTIONS[id] ?? 'custom';
    found[name] = (found[name] ?? 0) + long / 1000;
    if (id === 3) [functions] = unsigned(bytes, start);
    at = start + long;
  }
  return { found, functions };
}

const PAGE_KB = 400;

const kB = it => `${it.toFixed(1)} kB`;

// Lines for people; `files` are those of the matrix page's first load.
export async function describe(browser, data, server, files) {
  const lines = [`The first load of the matrix page, ${data.name}, by file`];
  for (const it of [...files].sort((a, b) => b.bytes - a.bytes)) {
    let holds = '';
    if (it.kind === 'wasm' && it.path.endsWith('.wasm')) {
      const plain = must(await server.get(it.path), it.path);
      const { found, functions } = sections(plain.content);
      const parts = ['code', 'data', 'custom', 'exports', 'imports'].filter(name => found[name] >= 0.1).map(name => `${name} ${found[name].toFixed(0)}`);
      holds = `  ${kB(plain.bytes / 1000)} unpacked: ${parts.join(', ')} kB; ${functions} functions`;
    }
    lines.push(`  ${kB(it.bytes / 1000).padStart(9)}  ${it.path}${holds}`);
  }
  lines.push('', 'The first load of other pages, over the wire');
  const paths = ['/', '/customers', '/customers/1', '/clusters', '/releases', `/releases/${data.draft}`, `/releases/${data.draft}/steps`, `/releases/${data.release}/customer/1`, `/releases/${data.release}?step=1`, '/activity'];
  for (const path of paths) {
    try {
      const kinds = byKind(await weigh(browser, server, path));
      const all = Object.values(kinds).reduce((sum, it) => sum + it, 0);
      const target = path.startsWith(`/releases/${data.release}?`) ? null : PAGE_KB;
      figure({ name: `first load of ${path}`, size: data.name, values: all - (kinds['asked for later'] ?? 0), unit: 'kB', target });
      lines.push(`  ${kB(all).padStart(9)}  ${path.padEnd(26)} ${Object.entries(kinds).map(([kind, it]) => `${kind} ${it.toFixed(1)}`).join(', ')}`);
    } catch (error) {
      lines.push(`  ${'-'.padStart(9)}  ${path.padEnd(26)} not measured: ${String(error.message).split('\n')[0]}`);
    }
  }
  return lines.join('\n');
}
