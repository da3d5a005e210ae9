// @ts-check
// Writes what package.json derives from other places. `npm run build` runs it; `--check` only
// reports whether package.json is up to date.
// - `exports` and `typesVersions`: one subpath for each file of src/entries, so a new file there is
//   a new entry and nothing else has to be changed.
// - `homepage` and `bugs`: from `repository.url`, so that the address is written in one place.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package.json', import.meta.url);
const folder = new URL('../src/entries/', import.meta.url);

const names = readdirSync(folder)
  .map((name) => name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'index')
  .sort();
const entry = (name) => ({ types: `./dist/entries/${name}.d.ts`, default: `./dist/entries/${name}.js` });

const text = readFileSync(file, 'utf8');
const manifest = JSON.parse(text);
manifest.exports = {
  '.': entry('index'),
  ...Object.fromEntries(names.map((name) => [`./${name}`, entry(name)])),
  './package.json': './package.json',
};
// For moduleResolution node10, which does not read `exports`.
manifest.typesVersions = { '*': Object.fromEntries(names.map((name) => [name, [entry(name).types]])) };
const address = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
manifest.homepage = `${address}#readme`;
manifest.bugs = `${address}/issues`;
const next = `${JSON.stringify(manifest, undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if (next !== text) {
    console.error(
      'package.json is not up to date with src/entries and `repository`. Fix: npm run build, and commit package.json',
    );
    process.exitCode = 1;
  }
} else if (next !== text) writeFileSync(file, next);
