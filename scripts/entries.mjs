// Writes `exports` and `typesVersions` of package.json: one subpath for each file of src/entries. `npm run build` runs it, so a
// new file there is a new entry and nothing else has to be changed. `--check` only tells whether package.json is up to date.
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
const next = `${JSON.stringify(manifest, undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if (next !== text) {
    console.error('package.json does not list the files of src/entries. Fix: npm run build, and commit package.json');
    process.exitCode = 1;
  }
} else if (next !== text) writeFileSync(file, next);
