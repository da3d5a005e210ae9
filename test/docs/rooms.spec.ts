import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Rooms in the rows of the table under a heading. A row may name several rooms. */
function roomsIn(page: string, heading: string): string[] {
  const section =
    read(page)
      .split(/^## /m)
      .find((each) => each.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z]+)`/g)].map(([, room = '']) => room),
  );
}

describe('The rooms of src/', () => {
  const [, list = ''] = /^const rooms = \[([^\]]*)\]/m.exec(read('eslint.config.mjs')) ?? [];
  const linted = [...list.matchAll(/'([^']+)'/g)].map(([, room = '']) => room);

  it('are the folders that ESLint has in its list', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((each) => each.isDirectory());
    expect([...linted].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('are listed from top to bottom in CONTRIBUTING', () => {
    expect(roomsIn('CONTRIBUTING.md', 'How the source is arranged')).toEqual(linted);
  });

  it('are listed from bottom to top in the page about the architecture', () => {
    expect(roomsIn('docs/internals/architecture.md', 'The rooms')).toEqual([...linted].reverse());
  });
});
