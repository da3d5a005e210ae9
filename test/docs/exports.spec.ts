/**
 * docs/reference/exports.md lists what users import: each name must be one that an entry exports.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './pages';

const entries = join(root, 'src/entries');
const page = readPage('docs/reference/exports.md');

describe('docs/reference/exports.md', () => {
  it('names only what the entries export', () => {
    const exported = readdirSync(entries)
      .map((file) => readFileSync(join(entries, file), 'utf8'))
      .join('\n');
    const names = [...page.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(exported))).toEqual([]);
  });

  it('has a section or a row for each entry', () => {
    const { exports } = JSON.parse(readPage('package.json')) as { exports: Record<string, unknown> };
    const subpaths = Object.keys(exports).filter((name) => name !== '.' && name !== './package.json');
    const missing = subpaths.filter((name) => !page.includes(`\`nestjs-event-tracking/${name.slice(2)}\``));
    expect(missing).toEqual([]);
  });
});
