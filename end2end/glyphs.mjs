// Renders the glyphs of the matrix's cells into one small picture and prints the CSS for it (style/glyphs.css). A thousand
// visible cells are a thousand backgrounds: the browser paints a picture fast, but renders a mask or an SVG for each cell.
//   node glyphs.mjs > ../style/glyphs.css
import { chromium } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

// Twice the size of a glyph (for fine screens), one below the other with so much space that no cell shows two.
const [SIZE, STEP] = [16, 64];
const STATES = [
  ['pending', '<circle cx="8" cy="8" r="3.25" fill="none" stroke="C" stroke-width="1.5"/>'],
  ['in_progress', '<circle cx="8" cy="8" r="5.5" fill="none" stroke="C" opacity=".45"/><path d="M8 2a6 6 0 0 1 0 12v-2.5a3.5 3.5 0 0 0 0-7z" fill="C"/>'],
  ['done', '<path d="m3.25 8.5 3.25 3.25 6.5-7" fill="none" stroke="C" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>'],
  ['failed', '<defs><mask id="m"><rect width="16" height="16" fill="#fff"/><path d="m5.5 5.5 5 5m0-5-5 5" stroke="#000" stroke-width="2" stroke-linecap="round"/></mask></defs><circle cx="8" cy="8" r="7" fill="C" mask="url(#m)"/>'],
  ['skipped', '<path d="m3.75 4.5 3.5 3.5-3.5 3.5m5-7 3.5 3.5-3.5 3.5" fill="none" stroke="C" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>'],
  ['reverted', '<path d="M6 2.75 2.75 6 6 9.25M3.25 6H9.5a3.75 3.75 0 0 1 0 7.5H6" fill="none" stroke="C" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>'],
];
const LEVELS = 7;

const tokens = readFileSync(new URL('../style/tokens.css', import.meta.url), 'utf8');
// Light and dark.
const coloursOf = state => tokens.match(new RegExp(`--state-${state}:\\s*light-dark\\((oklch\\([^)]*\\)),\\s*(oklch\\([^)]*\\))\\)`)).slice(1);
const pictures = STATES.map(([state, shape]) => ({ colours: coloursOf(state), shape: shape.replaceAll('C', '#000') }));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
// Of each picture its colours, and how opaque it is dot by dot.
const drawn = await page.evaluate(async ({ pictures, size }) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const result = [];
  for (const { colours, shape } of pictures) {
    const rgbs = colours.map(colour => {
      context.clearRect(0, 0, size, size);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    });
    context.clearRect(0, 0, size, size);
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 16 16">${shape}</svg>`)}`;
    await image.decode();
    context.drawImage(image, 0, 0, size, size);
    result.push({ rgbs, alpha: [...context.getImageData(0, 0, size, size).data].filter((_, index) => index % 4 === 3) });
  }
  return result;
}, { pictures, size: SIZE * 2 });
await browser.close();

// Two pictures that differ by their palettes only: for each glyph so many levels of opacity, and nothing at all.
const [width, height] = [SIZE * 2, pictures.length * STEP * 2];
const rows = Buffer.alloc((width + 1) * height);
drawn.forEach(({ alpha }, n) => alpha.forEach((it, at) => {
  const [x, y] = [at % width, n * STEP * 2 + Math.floor(at / width)];
  const level = Math.round((it / 255) * LEVELS);
  rows[y * (width + 1) + 1 + x] = level && n * LEVELS + level;
}));
const levels = Array.from({ length: LEVELS }, (_, n) => Math.round(((n + 1) / LEVELS) * 255));
const palette = theme => [0, 0, 0, ...drawn.flatMap(({ rgbs }) => levels.flatMap(() => rgbs[theme]))];
const crcs = Array.from({ length: 256 }, (_, n) => Array.from({ length: 8 }).reduce(it => (it & 1 ? 0xedb88320 ^ (it >>> 1) : it >>> 1), n) >>> 0);
const crc = bytes => (bytes.reduce((it, byte) => crcs[(it ^ byte) & 255] ^ (it >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
const number = it => Buffer.from([it >>> 24, it >>> 16, it >>> 8, it].map(byte => byte & 255));
const chunk = (kind, bytes) => {
  const body = Buffer.concat([Buffer.from(kind), bytes]);
  return Buffer.concat([number(bytes.length), body, number(crc(body))]);
};
const picture = theme => Buffer.concat([
  Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
  chunk('IHDR', Buffer.concat([number(width), number(height), Buffer.from([8, 3, 0, 0, 0])])),
  chunk('PLTE', Buffer.from(palette(theme))),
  chunk('tRNS', Buffer.from([0, ...drawn.flatMap(() => levels)])),
  chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
  chunk('IEND', Buffer.alloc(0)),
]).toString('base64');

// Where a picture stands, from the middle of a cell.
const at = n => `${(pictures.length * STEP) / 2 - n * STEP - SIZE / 2}px`;
const places = STATES.map(([state], n) => `    --at-${state}: calc(50% + var(--glyph-scale) * ${at(n)});`);
process.stdout.write(`/* Drawn by end2end/glyphs.mjs: the glyphs of the states, ${STEP} px apart, light and dark. */
@layer components {
  .grid {
    --glyphs-size: calc(${SIZE}px * var(--glyph-scale)) calc(${pictures.length * STEP}px * var(--glyph-scale));
    --glyphs: var(--light, url("data:image/png;base64,${picture(0)}")) var(--dark, url("data:image/png;base64,${picture(1)}"));
${places.join('\n')}
  }
}
`);
