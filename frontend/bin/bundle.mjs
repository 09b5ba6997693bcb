// For each part of the WASM one file with all that its pages need, main file included: together they compress a tenth better than one by
// one. And one with all the small files, for what is loaded later. Called with the folder of the built site's files. `bundle.js` in
// `public/document` has the other end: 4 bytes with the length (little endian) of a JSON list of names without hashes and lengths, that
// list, and the files. Only in brotli: what takes none loads the files one by one.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

// The matrix with its panel open; and a draft, which has the address of a matrix.
const TOGETHER = [['matrix_', 'step_panel_'], ['matrix_', 'draft_']];

const folder = process.argv[2];
for (const it of readdirSync(folder)) if (it.startsWith('bundle_')) rmSync(join(folder, it));
const names = readdirSync(folder);
const manifest = JSON.parse(readFileSync(join(folder, names.find((it) => /^__wasm_split_manifest\..*json$/.test(it)))));
const main = names.find((it) => /^rollcall\..*wasm$/.test(it));

function write(key, all) {
  const files = [...new Set(all)].map((name) => [name, readFileSync(join(folder, name))]);
  // The largest first: the small ones then have their like before them.
  files.sort((a, b) => b[1].length - a[1].length);
  const list = Buffer.from(JSON.stringify(files.map(([name, bytes]) => [name.split('.')[0], bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(list.length);
  const bundle = Buffer.concat([length, list, ...files.map((it) => it[1])]);
  const hash = createHash('sha256').update(bundle).digest('base64url').slice(0, 22);
  // With direct codes for the shortest distances WASM is 0.2 % smaller.
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bundle.length, [constants.BROTLI_PARAM_NDIRECT]: 15 };
  writeFileSync(join(folder, `bundle_${key}.${hash}.bin.br`), brotliCompressSync(bundle, { params }));
}

const by_key = new Map(Object.entries(manifest).map(([name, files]) => [name.replace(/\d+$/, ''), files]));
const with_main = (parts) => [main, ...parts.map((it) => `${it}.wasm`)];
// What is no page by itself is never loaded by itself, and what no page begins with comes file by file.
const beside = ['lazy_part_', ...TOGETHER.map((parts) => parts[1])];
for (const [key, files] of by_key) if (!beside.includes(key)) write(key, with_main(files));
for (const parts of TOGETHER) write(parts.join(''), with_main(parts.flatMap((it) => by_key.get(it))));
write('small_', names.filter((it) => it.startsWith('small_') && it.endsWith('.wasm')));
