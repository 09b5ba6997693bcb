// Takes out of the built WASM where in other crates a panic can happen: their paths, lines and columns are 3 kB of the matrix page in
// brotli. The message of a panic stays, as do our own paths. Called with the folder of the built site's files, before they are bundled.
// Another form than expected is an error.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOREIGN_PATH = /(\/rustc\/[0-9a-f]{40}|\/[\w./-]*?\/registry\/src\/[\w.-]+)\/[\w./-]+?\.rs/g;
// In the place of all of them.
const NAME = 'a crate';
// A `core::panic::Location`: address and length of the path, line, column.
const LOCATION_BYTES = 16;
const [LINE_MAX, COLUMN_MAX] = [65_535, 1_023];

const [DATA, ACTIVE, I32_CONST] = [11, 0, 0x41];
// What comes before the first section.
const HEADER_BYTES = 8;

// The unsigned number at a place, and the place after it.
function unsigned(wasm, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = wasm[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value >>> 0, at];
    shift += 7;
  }
}

// The constants of a file: where each begins in memory, and its bytes, which are those of the file.
function constants(name, wasm) {
  const found = [];
  for (let at = HEADER_BYTES; at < wasm.length;) {
    const section = wasm[at];
    const [size, start] = unsigned(wasm, at + 1);
    at = start + size;
    if (section !== DATA) continue;
    let [count, next] = unsigned(wasm, start);
    for (; count > 0; count--) {
      if (wasm[next] !== ACTIVE || wasm[next + 1] !== I32_CONST) throw new Error(`${name}: constants of another form`);
      const [address, end] = unsigned(wasm, next + 2);
      const [length, first] = unsigned(wasm, end + 1);
      found.push({ name, address, bytes: wasm.subarray(first, first + length) });
      next = first + length;
    }
  }
  return found;
}

const folder = process.argv[2];
const files = readdirSync(folder).filter((it) => it.endsWith('.wasm')).map((it) => [it, readFileSync(join(folder, it))]);
const all = files.flatMap((it) => constants(...it));

let name_at;
const lengths = new Map();
for (const { name, address, bytes } of all) {
  for (const { 0: path, index } of bytes.toString('latin1').matchAll(FOREIGN_PATH)) {
    lengths.set(address + index, path.length);
    bytes.fill(' ', index, index + path.length);
    // The main file is always loaded.
    if (name_at === undefined && name.startsWith('rollcall.')) {
      name_at = address + index;
      bytes.write(NAME, index);
    }
  }
}
if (lengths.size > 0 && name_at === undefined) throw new Error('the main file has no path of another crate');
let n_replaced = 0;
for (const { address, bytes } of all) {
  for (let at = -address & 3; at + LOCATION_BYTES <= bytes.length; at += 4) {
    const [path, length, line, column] = [0, 4, 8, 12].map((it) => bytes.readUInt32LE(at + it));
    if (lengths.get(path) !== length || line === 0 || line > LINE_MAX || column === 0 || column > COLUMN_MAX) continue;
    [name_at, NAME.length, 0, 0].forEach((it, n) => bytes.writeUInt32LE(it, at + n * 4));
    n_replaced++;
  }
}
for (const [name, wasm] of files) writeFileSync(join(folder, name), wasm);
console.log(`${n_replaced} places in other crates taken out of the WASM`);
