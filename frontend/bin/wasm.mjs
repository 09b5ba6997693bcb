// Reads and writes the sections of a WASM file.
export const [CUSTOM, IMPORTS, EXPORTS, ELEMENTS, CODE, DATA] = [0, 2, 7, 9, 10, 11];
// What comes before the first section.
const HEADER_BYTES = 8;
const I32_CONST = 0x41;

// The unsigned number at a place, and the place after it.
export function unsigned(wasm, at) {
  let [value, shift] = [0, 1];
  for (;;) {
    const byte = wasm[at++];
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
    shift *= 128;
  }
}

export function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

export const sized = (bytes) => Buffer.concat([number(bytes.length), bytes]);

// A constant place in memory or in the table, as a segment begins with, and what comes after it.
export function offset(wasm, at) {
  if (wasm[at] !== I32_CONST) throw new Error('a segment begins at no constant');
  const [value, end] = unsigned(wasm, at + 1);
  return [value, end + 1];
}

// The sections, each with its content, which is a view of the file's bytes.
export function sections(wasm) {
  const all = [];
  for (let at = HEADER_BYTES; at < wasm.length;) {
    const [length, start] = unsigned(wasm, at + 1);
    all.push({ id: wasm[at], content: wasm.subarray(start, start + length) });
    at = start + length;
  }
  return all;
}

// The file with these sections.
export function joined(wasm, all) {
  return Buffer.concat([wasm.subarray(0, HEADER_BYTES), ...all.flatMap((it) => [Buffer.from([it.id]), sized(it.content)])]);
}
