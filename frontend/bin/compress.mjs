// Minifies the site's scripts, of which cargo-leptos minifies only its own. Then writes each file of the site once more in brotli, which
// `site.rs` serves. Called with the site's folder. cargo-leptos can compress too (`-P`), but takes ten times as long, as it
// is built without optimisation.
import { createRequire } from 'node:module';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

// The tools of the browser tests are those of the build, too.
const { minify } = createRequire(new URL('../../end2end/package.json', import.meta.url))('terser');

const folder = process.argv[2];
const scripts = readdirSync(folder).filter((it) => it.endsWith('.js'));
const loaders = readdirSync(join(folder, 'pkg')).filter((it) => /^__wasm_split\..*\.js$/.test(it)).map((it) => join('pkg', it));
for (const it of [...scripts, ...loaders].map((it) => join(folder, it))) {
  const { code } = await minify(readFileSync(it, 'utf8'), { module: true, compress: { passes: 2 } });
  writeFileSync(it, code);
}
// Those of the document are joined, so that their names must stay.
for (const it of readdirSync(join(folder, 'document')).map((it) => join(folder, 'document', it))) {
  const { code } = await minify(readFileSync(it, 'utf8'), { compress: { passes: 2 } });
  writeFileSync(it, code);
}
const files = readdirSync(folder, { recursive: true }).map((it) => join(folder, it)).filter((it) => statSync(it).isFile() && !it.endsWith('.br'));
// Each runs on a thread of its own.
await Promise.all(files.map(async (file) => {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
}));
