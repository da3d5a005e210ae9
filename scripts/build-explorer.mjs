// @ts-check
// Bundles the page of the explorer. `npm run build` runs it after the compiler, which empties
// dist/.
// - `assets/NAME.gz`: scripts, styles and the icon, with a hash in each name. They are stored only
//   compressed, which halves their part of the package: the server unpacks them for a client that
//   accepts no gzip.
// - `assets/manifest.json`: type, sizes and ETag of each asset, and the HTML of the page. All
//   addresses are relative to the page, so it works under any path, prefix or proxy.
//
// Usage: node scripts/build-explorer.mjs [--out FOLDER]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Limit of everything that a browser loads, compressed. */
const MAX_GZIP_BYTES = 80_000;
const TYPES = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'src/explorer/page');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist/explorer/assets') } } });
const out = resolve(values.out);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { outputFiles } = await build({
  entryPoints: { page: join(page, 'main.tsx'), theme: join(page, 'theme.ts') },
  outdir: out,
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome111', 'firefox113', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'eof',
  write: false,
  logLevel: 'warning',
});

const icon = readFileSync(join(page, 'icon.svg'));
const contents = new Map([
  ...outputFiles.map(({ path, contents }) => /** @type {const} */ ([basename(path), contents])),
  [`icon-${hash(icon).slice(0, 8)}.svg`, icon],
]);
const addressOf = (start, end) =>
  `assets/${[...contents.keys()].find((name) => name.startsWith(start) && name.endsWith(end))}`;
const html = readFileSync(join(page, 'index.html'), 'utf8')
  .replace('{{theme.js}}', addressOf('theme-', '.js'))
  .replace('{{page.css}}', addressOf('page-', '.css'))
  .replace('{{page.js}}', addressOf('page-', '.js'))
  .replace('{{icon.svg}}', addressOf('icon-', '.svg'));

const files = [...contents].map(([name, bytes]) => {
  const gzip = gzipSync(bytes, { level: 9 });
  writeFileSync(join(out, `${name}.gz`), gzip);
  const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(name))];
  return { name, type, bytes: bytes.length, gzipBytes: gzip.length, etag: `"${hash(bytes).slice(0, 20)}"` };
});
const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, gzipSync(html).length);
writeFileSync(join(out, 'manifest.json'), `${JSON.stringify({ html, files }, undefined, 2)}\n`);

console.log(`explorer: ${files.length} assets, ${total} bytes compressed`);
if (total > MAX_GZIP_BYTES) {
  console.error(`The explorer's page has ${total} bytes compressed, more than ${MAX_GZIP_BYTES}.`);
  process.exitCode = 1;
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
