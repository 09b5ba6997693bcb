// Empties functions of a WASM file that nothing calls but that tables of functions name, so that wasm-opt drops them with all that only
// they use: hydration that can wait (`hydrate_async`), of which each kind of view has its own. Ours is at one go (`frontend/src/lib.rs`).
// Called with a file that still has the names of its functions. A file without names stays as it is.
import { readFileSync, writeFileSync } from 'node:fs';
import { CODE, CUSTOM, IMPORTS, joined, number, sections, sized, unsigned } from './wasm.mjs';

const file = process.argv[2];
const wasm = readFileSync(file);
const all = sections(wasm);

const UNUSED = /13hydrate_async(28_\$u7b\$\$u7b\$closure\$u7d\$\$u7d\$)*17h[0-9a-f]{16}E$/;
// The compiler keeps functions with the same code once, under any of their names. Short ones may be those of others too.
const LONG_BYTES = 64;
// No local variables; unreachable; end.
const EMPTY = Buffer.from([0, 0, 11]);
const [FUNCTION, FUNCTION_NAMES] = [0, 1];

function importedFunctions() {
  const content = all.find((it) => it.id === IMPORTS)?.content;
  if (!content) return 0;
  let [left, at] = unsigned(content, 0);
  let functions = 0;
  const limits = (start) => {
    const [, minimum] = unsigned(content, start + 1);
    return content[start] & 1 ? unsigned(content, minimum)[1] : minimum;
  };
  for (; left > 0; left--) {
    for (let names = 2; names > 0; names--) {
      const [length, start] = unsigned(content, at);
      at = start + length;
    }
    const kind = content[at++];
    if (kind === FUNCTION) {
      functions += 1;
      [, at] = unsigned(content, at);
    } else if (kind === 1) at = limits(at + 1); // a table: the type of its elements, then its size
    else if (kind === 2) at = limits(at); // a memory
    else if (kind === 3) at += 2; // a global: its type, and whether it changes
    else throw new Error(`${file}: an import of another kind`);
  }
  return functions;
}

// The names of functions by their numbers.
function names() {
  const found = new Map();
  for (const { id, content } of all) {
    if (id !== CUSTOM) continue;
    const [length, start] = unsigned(content, 0);
    if (content.toString('utf8', start, start + length) !== 'name') continue;
    for (let at = start + length; at < content.length;) {
      const [size, first] = unsigned(content, at + 1);
      if (content[at] === FUNCTION_NAMES) {
        let [left, next] = unsigned(content, first);
        for (; left > 0; left--) {
          const [index, afterIndex] = unsigned(content, next);
          const [long, text] = unsigned(content, afterIndex);
          found.set(index, content.toString('utf8', text, text + long));
          next = text + long;
        }
      }
      at = first + size;
    }
  }
  return found;
}

const code = all.find((it) => it.id === CODE);
const named = names();
if (code && named.size > 0) {
  const first = importedFunctions();
  let [left, at] = unsigned(code.content, 0);
  const bodies = [];
  for (; left > 0; left--) {
    const [length, start] = unsigned(code.content, at);
    const isUnused = length >= LONG_BYTES && UNUSED.test(named.get(first + bodies.length) ?? '');
    bodies.push(isUnused ? EMPTY : code.content.subarray(start, start + length));
    at = start + length;
  }
  code.content = Buffer.concat([number(bodies.length), ...bodies.map(sized)]);
  writeFileSync(file, joined(wasm, all));
}
