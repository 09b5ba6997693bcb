// Makes the built WASM smaller once it is split, as it is for brotli: 6 kB of the matrix page. Called with the folder of the built site's
// files, before they are bundled. Another form than expected is an error.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CUSTOM, DATA, ELEMENTS, joined, number, offset, sections, unsigned } from './wasm.mjs';

const folder = process.argv[2];
const files = readdirSync(folder).filter((it) => it.endsWith('.wasm')).map((name) => {
  const wasm = readFileSync(join(folder, name));
  return { name, wasm, all: sections(wasm) };
});
const main = files.find((it) => it.name.startsWith('rollcall.'));

// --- Where in other crates a panic can happen: paths, lines and columns. The message of a panic stays, as do our own paths.

const FOREIGN_PATH = /(\/rustc\/[0-9a-f]{40}|\/[\w./-]*?\/registry\/src\/[\w.-]+)\/[\w./-]+?\.rs/g;
// In the place of all of them.
const NAME = 'a crate';
// A `core::panic::Location`: address and length of the path, line, column.
const LOCATION_BYTES = 16;
const [LINE_MAX, COLUMN_MAX] = [65_535, 1_023];

// The constants of a file: where each begins in memory, and its bytes, which are those of the file.
function constants({ name, all }) {
  const content = all.find((it) => it.id === DATA)?.content;
  if (!content) return [];
  let [count, next] = unsigned(content, 0);
  const found = [];
  for (; count > 0; count--) {
    const [kind, start] = unsigned(content, next);
    if (kind !== 0) throw new Error(`${name}: constants of another kind`);
    const [address, afterAddress] = offset(content, start);
    const [length, first] = unsigned(content, afterAddress);
    found.push({ name, address, bytes: content.subarray(first, first + length) });
    next = first + length;
  }
  return found;
}

function dropLocations() {
  const all = files.flatMap(constants);
  let nameAt;
  const lengths = new Map();
  for (const { name, address, bytes } of all) {
    for (const { 0: path, index } of bytes.toString('latin1').matchAll(FOREIGN_PATH)) {
      lengths.set(address + index, path.length);
      bytes.fill(' ', index, index + path.length);
      // The main file is always loaded.
      if (nameAt !== undefined || name !== main.name) continue;
      nameAt = address + index;
      bytes.write(NAME, index);
    }
  }
  if (nameAt === undefined) throw new Error('the main file has no path of another crate');
  for (const { address, bytes } of all) {
    for (let at = -address & 3; at + LOCATION_BYTES <= bytes.length; at += 4) {
      const [path, length, line, column] = [0, 4, 8, 12].map((it) => bytes.readUInt32LE(at + it));
      if (lengths.get(path) !== length || line === 0 || line > LINE_MAX || column === 0 || column > COLUMN_MAX) continue;
      [nameAt, NAME.length, 0, 0].forEach((it, n) => bytes.writeUInt32LE(it, at + n * 4));
    }
  }
}

// --- The places in the table that other parts fill: they are empty without being written.

const [PLAIN, EXPRESSIONS] = [0, 4];
const [NO_FUNCTION, A_FUNCTION] = [0xd0, 0xd2];

function dropEmptyElements() {
  const section = main.all.find((it) => it.id === ELEMENTS);
  const { content } = section;
  let [count, next] = unsigned(content, 0);
  const kept = [];
  for (; count > 0; count--) {
    const start = next;
    const [kind, afterKind] = unsigned(content, start);
    if (kind !== PLAIN && kind !== EXPRESSIONS) throw new Error('elements of another kind');
    const [, afterOffset] = offset(content, afterKind);
    let [left, at] = unsigned(content, afterOffset);
    let isEmpty = kind === EXPRESSIONS;
    for (; left > 0; left--) {
      if (kind === PLAIN) [, at] = unsigned(content, at);
      else if (content[at] === NO_FUNCTION) at += 3;
      else if (content[at] === A_FUNCTION) [at, isEmpty] = [unsigned(content, at + 1)[1] + 1, false];
      else throw new Error('an element of another form');
    }
    if (!isEmpty) kept.push(content.subarray(start, at));
    next = at;
  }
  section.content = Buffer.concat([number(kept.length), ...kept]);
}

// --- The names of the parts: of hundreds of files, a hash of 22 characters each is much for who loads one.

const HASH_LENGTH = 10;
// Smaller ones are loaded together (`bundle.mjs`), which their name tells.
const SMALL_BYTES = 4_000;

function shorten() {
  const texts = new Map(readdirSync(folder).filter((it) => /^__wasm_split.*\.(js|json)$/.test(it)).map((it) => [it, readFileSync(join(folder, it), 'utf8')]));
  const parts = files.filter((it) => it !== main);
  // One for all: what is built anew has other ones anyway.
  const hash = createHash('sha256').update(parts.map((it) => it.name).sort().join()).digest('base64url').slice(0, HASH_LENGTH);
  for (const part of parts) {
    const before = part.name.replace(/\.wasm$/, '');
    const now = `${before.replace(/\..*/, '').replace('chunk_', part.wasm.length < SMALL_BYTES ? 'small_' : 'chunk_')}.${hash}`;
    rmSync(join(folder, part.name));
    part.name = `${now}.wasm`;
    for (const [name, text] of texts) texts.set(name, text.replaceAll(before, now));
  }
  for (const [name, text] of texts) writeFileSync(join(folder, name), name.endsWith('.js') ? tabulate(text) : text);
}

// --- The loader of the parts: it has the same lines for each of hundreds of files, and long lists of which part needs which.

// Which of some numbers are in a list, four to a digit.
function bits(all, list) {
  const digits = Array.from({ length: Math.ceil(all.length / 4) }, () => 0);
  for (const [at, it] of all.entries()) if (list.has(it)) digits[at >> 2] |= 1 << (at & 3);
  return digits.map((it) => it.toString(16)).join('');
}

// Writes the loads of a loader from a table. Another form than expected is an error.
function tabulate(loader) {
  const LOAD = /makeLoad\(\(\) => \{\nconst src = fetch\(new URL\("\.\/([\w-]+)\.([\w-]+)\.wasm", import\.meta\.url\)\);\nreturn async \(imports\) => \(WebAssembly\.instantiateStreaming\(src, imports\)\);\n\}\n, \[([^\]]*)\]\)/g;
  const loads = [...loader.matchAll(LOAD)].map(([, name, hash, needs]) => ({ name, hash, needs: needs.match(/\w+/g) ?? [] }));
  const [pieces, parts] = [0, 1].map((at) => loads.filter((it) => it.name.startsWith('split_') === (at === 1)));
  const number = (it) => Number(/\d+$/.exec(it)[0]);
  const all = pieces.map((it) => number(it.name));
  const [first] = all;
  if (all.some((it, at) => it !== first + at) || pieces.some((it) => it.needs.length > 0)) throw new Error('pieces of the WASM of another form');
  const small = new Set(pieces.filter((it) => it.name.startsWith('small_')).map((it) => number(it.name)));
  const rest = loader
    .replace(new RegExp(`const __chunk_\\d+ = ${LOAD.source};\n`, 'g'), '')
    .replace(LOAD, (_, name, __, needs) => `part("${name}", "${bits(all, new Set((needs.match(/\w+/g) ?? []).map(number)))}")`);
  const table = `const load = (name, needs) => makeLoad(() => {
const src = fetch(new URL(\`./\${name}.${loads[0].hash}.wasm\`, import.meta.url));
return (imports) => WebAssembly.instantiateStreaming(src, imports);
}, needs);
const has = (bits, at) => parseInt(bits[at >> 2], 16) >> (at & 3) & 1;
const pieces = Array.from({ length: ${all.length} }, (_, at) => load(\`\${has("${bits(all, small)}", at) ? "small" : "chunk"}_\${at + ${first}}\`, []));
const part = (name, bits) => load(name, pieces.filter((_, at) => has(bits, at)));
`;
  if (/makeLoad\(\(\)|__chunk_/.test(rest)) throw new Error('the loader of the WASM has another form');
  return rest.replace(/^export /m, `${table}export `);
}

// Cargo may have had nothing to build.
if (files.some((it) => /^chunk_\d+\.[\w-]{22}\.wasm$/.test(it.name))) {
  dropLocations();
  dropEmptyElements();
  shorten();
  for (const { name, wasm, all } of files) writeFileSync(join(folder, name), joined(wasm, all.filter((it) => it.id !== CUSTOM)));
}
