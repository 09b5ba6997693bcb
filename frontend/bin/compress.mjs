// Writes each file of the built site once more in brotli and in gzip, which `site.rs` serves. Called with the site's folder.
// cargo-leptos can do it too (`-P`), but takes ten times as long, as it is built without optimisation.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true }).map((it) => join(folder, it)).filter((it) => statSync(it).isFile() && !/\.(br|gz)$/.test(it));
// Each runs on a thread of its own.
await Promise.all(files.map(async (file) => {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
  writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}));
