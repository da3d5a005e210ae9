/** The records in docs/decisions: one form of heading, and an index that lists each of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../docs/decisions');
const files = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name));

function titleOf(file: string): string | undefined {
  const [heading = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
  const [, number, title] = /^# (\d{4})\. (.+)$/.exec(heading) ?? [];
  return number === file.slice(0, 4) ? title : undefined;
}

describe('docs/decisions', () => {
  it('has records whose heading is "# NNNN. Title", with the number of the file', () => {
    expect(files.filter((file) => titleOf(file) === undefined)).toEqual([]);
  });

  it('gives each number to one record', () => {
    const numbers = files.map((file) => file.slice(0, 4));
    expect(numbers).toEqual([...new Set(numbers)]);
  });

  it('lists every record once in its README.md', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    const listed = [...index.matchAll(/^- \[(\d{4})\]\(([^)]+)\) /gm)].map(([, number, file]) => [number, file]);
    expect(listed.map(String).sort()).toEqual(files.map((file) => `${file.slice(0, 4)},${file}`).sort());
  });
});
