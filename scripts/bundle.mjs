// @ts-check
// The last step of `npm run build`: turns the ES modules that the compiler wrote to dist/ into
// CommonJS, and joins the modules behind the root entry in one file, dist/library/index.js. There
// are about 350 of them, and Node takes 0.2 to 0.3 ms to find, read and compile a file, however
// short it is. Every other module stays a file of its own and takes what it needs from the library,
// so that each class exists once. See docs/decisions/0305.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

/** As deep as the folders of src/: `resolve(__dirname, '../..')` is the package in both. */
const LIBRARY = 'library/index';
const HELPERS = 'compiler-helpers';
const AFTER_IMPORTS = /^(?:(?:import|export) .*from .*;\n|import .*;\n)*/;
const IMPORT = /\b(?:from|import) '(\.[^']+)'/g;
/** A function of the compiler, such as `__decorate`. Each file that needs one has a copy of it. */
const HELPER = /^var (__\w+) = \(this && this\.\1\) \|\| ([^]*?^\}(?:\)\(\))?;\n)/gm;

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
const sources = new Map(files.map((name) => [join(dist, name), readFileSync(join(dist, name), 'utf8')]));
const joined = neededBy(join(dist, 'entries/index.js'));
/** @type {Map<string, string>} */
const helpers = new Map();
for (const text of sources.values()) {
  for (const [, name = '', code = ''] of text.matchAll(HELPER)) helpers.set(name, code);
}

const bundle = await rollup({
  input: Object.fromEntries(
    [...sources.keys()].filter((file) => !joined.has(file)).map((file) => [nameOf(file), file]),
  ),
  treeshake: false,
  plugins: [{ name: 'dist', resolveId, load, transform }],
  onwarn: ({ code, message }) => {
    if (code !== 'EMPTY_BUNDLE') throw new Error(message); // a file that has only types is empty
  },
});
const { output } = await bundle.generate({
  format: 'cjs',
  interop: 'auto',
  esModule: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  manualChunks: (id) => (joined.has(id) || id === HELPERS ? LIBRARY : undefined),
  minifyInternalExports: false,
  hoistTransitiveImports: false,
});
for (const file of sources.keys()) rmSync(file);
for (const chunk of output) {
  if (chunk.type !== 'chunk') throw new Error(`${chunk.fileName} is not a module`);
  checkNames(chunk);
  const file = join(dist, chunk.fileName);
  const isLibrary = chunk.fileName === `${LIBRARY}.js`;
  if (isLibrary) mkdirSync(dirname(file));
  writeFileSync(file, isLibrary ? ascii(chunk.code) : chunk.code);
}

/** @returns the files that one file imports, directly or through others */
function neededBy(file, found = new Set()) {
  for (const [, path] of sources.get(file)?.matchAll(IMPORT) ?? []) {
    const needed = fileOf(path, file);
    if (found.has(needed)) continue;
    found.add(needed);
    neededBy(needed, found);
  }
  return found;
}

function fileOf(path, importer) {
  const file = join(dirname(importer), path);
  return sources.has(`${file}.js`) ? `${file}.js` : join(file, 'index.js');
}

function nameOf(file) {
  return relative(dist, file).replaceAll(sep, '/').replace(/\.js$/, '');
}

function resolveId(path, importer) {
  if (path === HELPERS || importer === undefined) return path;
  return path.startsWith('.') ? fileOf(path, importer) : { id: path, external: true };
}

function load(id) {
  if (id !== HELPERS) return sources.get(id);
  return `${[...helpers].map(([name, code]) => `var ${name} = ${code}`).join('')}export { ${[...helpers.keys()].join(', ')} };`;
}

/** Imports the helpers instead of having them, and names the source file of code in the library. */
function transform(code, id) {
  const names = [...code.matchAll(HELPER)].map(([, name]) => name);
  const own =
    names.length === 0 ? code : `import { ${names.join(', ')} } from '${HELPERS}';\n${code.replace(HELPER, '')}`;
  if (joined.has(id) && /\b__dirname\b/.test(own) && nameOf(id).split('/').length !== 2)
    throw new Error(
      `${nameOf(id)}: __dirname is another folder in the library. Fix: move the file one folder below src/`,
    );
  return joined.has(id) ? own.replace(AFTER_IMPORTS, `$&\n// src/${nameOf(id)}.ts\n`) : own;
}

/** Two classes of one name would get two names, which stack traces and the errors of Nest show. */
function checkNames({ fileName, code }) {
  const [, name] = /^class (\w+)\$\d/m.exec(code) ?? [];
  if (name !== undefined) throw new Error(`${fileName}: two classes are named ${name}. Fix: rename one in src/`);
}

/** One other character would double the memory that Node takes for the text. */
function ascii(text) {
  const [raw] = /String\.raw`[^`]*[^\0-\x7f`][^`]*`/.exec(text) ?? [];
  if (raw !== undefined)
    throw new Error(`an escape would change ${raw.slice(0, 80)}. Fix: write its characters as escapes in src/`);
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
