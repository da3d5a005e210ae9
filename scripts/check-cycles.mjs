#!/usr/bin/env node
/**
 * Finds files that import each other, directly or through other files. Imports of types count too,
 * because a reader has to follow them in the same way.
 *
 * Usage: node scripts/check-cycles.mjs [FOLDER]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../src');
const IMPORT = /\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g;

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => join(root, name))
  .sort();
const imports = new Map(files.map((file) => [file, importsOf(file)]));

const cycles = findCycles().map((group) =>
  group.map((file) =>
    relative(root, file)
      .replaceAll('\\', '/')
      .replace(/\.tsx?$/, ''),
  ),
);
for (const group of cycles) {
  console.error(`${group.length === 1 ? 'A file imports itself' : 'Files import each other'}: ${group.join(', ')}`);
}
if (cycles.length > 0) {
  console.error('Fix: move what both need into a file of its own, or pass it in.');
  process.exitCode = 1;
}

function importsOf(file) {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, path]) => {
    const base = join(dirname(file), path);
    return [`${base}.ts`, `${base}.tsx`, join(base, 'index.ts')].find((each) => existsSync(each)) ?? [];
  });
}

/** Returns the groups of files that reach each other, by Tarjan's algorithm. */
function findCycles() {
  const found = [];
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file)).sort();
    if (group.length > 1 || imports.get(file)?.includes(file)) found.push(group);
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}
