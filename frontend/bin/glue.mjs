// Makes smaller what wasm-bindgen wrote: the main WASM file and the JavaScript beside it, which call each other's functions.
// `glue.mjs before FILE`, before wasm-opt: leaves out the classes that wasm-streams exports, of which no page makes any, so that
// wasm-opt drops their code. `glue.mjs after FILE`: long names with hashes become a letter or two on both sides, and functions that
// the WASM no longer calls are left out of the script, which is minified later. Another form than expected is an error.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXPORTS, IMPORTS, joined, number, sections, sized, unsigned } from './wasm.mjs';

const [step, file] = process.argv.slice(2);
const script = file.replace(/\.wasm$/, '.js');
const wasm = readFileSync(file);
let js = readFileSync(script, 'utf8');

const FUNCTION = 0;

// The text at a place, and the place after it.
function text(at) {
  const [long, start] = unsigned(wasm, at);
  return [wasm.toString('utf8', start, start + long), start + long];
}

const name = it => sized(Buffer.from(it));

// An entry of the imports: `what` is what follows its names.
function readImport(at) {
  const [module, afterModule] = text(at);
  const [name, start] = text(afterModule);
  if (wasm[start] !== FUNCTION) throw new Error(`the import ${name} is no function`);
  const [, end] = unsigned(wasm, start + 1);
  return [{ module, name, what: wasm.subarray(start, end) }, end];
}

// An entry of the exports.
function readExport(at) {
  const [name, start] = text(at);
  const [, end] = unsigned(wasm, start + 1);
  return [{ name, isFunction: wasm[start] === FUNCTION, what: wasm.subarray(start, end) }, end];
}

// The entries of the section of imports or exports.
function entriesOf({ id, content }) {
  const read = { [IMPORTS]: readImport, [EXPORTS]: readExport }[id];
  if (!read) return undefined;
  let [left, next] = unsigned(wasm, content.byteOffset - wasm.byteOffset);
  const entries = [];
  for (; left > 0; left--) {
    const [entry, end] = read(next);
    entries.push(entry);
    next = end;
  }
  return entries;
}

function write(all) {
  const entry = it => Buffer.concat([...(it.module === undefined ? [] : [name(it.module)]), name(it.name), it.what]);
  const now = all.map(({ id, content, entries }) => ({ id, content: entries ? Buffer.concat([number(entries.length), ...entries.map(entry)]) : content }));
  writeFileSync(file, joined(wasm, now));
  writeFileSync(script, js);
}

// a, b, .. z, A, .. Z, aa, ba, ..
function short(count) {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  return letters[count % 52] + (count < 52 ? '' : short(Math.floor(count / 52) - 1));
}

const all = sections(wasm).map((it) => ({ ...it, entries: entriesOf(it) }));
const [imports, exports] = [IMPORTS, EXPORTS].map(id => all.find(it => it.id === id));

// What the script does not call.
function dropUnused() {
  for (const [, it] of js.matchAll(/^export class (\w+) /gm)) {
    js = js
      .replace(new RegExp(`^export class ${it} \\{\\n[^]*?^\\}\\n`, 'm'), '')
      .replace(`if (Symbol.dispose) ${it}.prototype[Symbol.dispose] = ${it}.prototype.free;\n`, '')
      .replace(new RegExp(`^const ${it}Finalization = [^]*?;\\n`, 'm'), '');
    if (new RegExp(`\\b${it}(Finalization)?\\b`).test(js)) throw new Error(`the class ${it} is used`);
  }
  exports.entries = exports.entries.filter(it => !it.isFunction || new RegExp(`\\bwasm\\.${it.name}\\b`).test(js));
}

function shortenNames() {
  // Functions that the WASM calls.
  const own = imports.entries.filter(it => it.module === './rollcall_bg.js');
  const names = new Map(own.map((it, at) => [it.name, short(at)]));
  const found = new Set();
  js = js.replace(/^ {8}(\w+): function\([^]*?^ {8}\}.*\n/gm, (whole, name) => {
    found.add(name);
    return names.has(name) ? whole.replace(name, names.get(name)) : '';
  });
  for (const it of own) {
    if (!found.has(it.name)) throw new Error(`the script has no ${it.name}`);
    [it.module, it.name] = ['_', names.get(it.name)];
  }
  js = js.replace('"./rollcall_bg.js": import0', '_: import0');
  if (!js.includes(' _: import0')) throw new Error('the script gives the WASM no functions');
  // Functions that the script calls.
  const functions = exports.entries.filter(it => it.isFunction);
  const called = new Map(functions.map((it, at) => [it.name, short(at)]));
  js = js.replace(/\bwasm\.(\w+)/g, (whole, name) => (called.has(name) ? `wasm.${called.get(name)}` : whole));
  for (const it of functions) it.name = called.get(it.name);
  // The loader of the other parts, which cargo-leptos does not minify.
  for (const it of readdirSync(dirname(file)).filter(it => /^__wasm_split\.\w+\.js$/.test(it))) {
    const loader = readFileSync(join(dirname(file), it), 'utf8');
    writeFileSync(join(dirname(file), it), loader.replace(/^\s*(\/\/.*|\/\*.*\*\/)?\n/gm, '').replace(/^ +/gm, ''));
  }
}

({ before: dropUnused, after: shortenNames })[step]();
write(all);
