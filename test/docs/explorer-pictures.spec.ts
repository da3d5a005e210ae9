import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../docs/images/explorer');
const VIEWS = ['live', 'live-event', 'event', 'tree', 'violations', 'dead-letters', 'catalog', 'queues'];
const MAX_BYTES = 150_000;

describe("The pictures of the explorer's views", () => {
  const files = readdirSync(folder).sort();

  it('show each view in light and dark, on a desktop and a phone', () => {
    const expected = VIEWS.flatMap((view) =>
      ['desktop', 'phone'].flatMap((size) => ['light', 'dark'].map((theme) => `${view}-${size}-${theme}.png`)),
    );
    expect(files).toEqual(expected.sort());
  });

  it('have the size of their screen, and less than 150 kB', () => {
    const sizes = files.map((file) => {
      const png = readFileSync(join(folder, file));
      return [file, png.readUInt32BE(16), png.readUInt32BE(20), statSync(join(folder, file)).size < MAX_BYTES];
    });
    expect(sizes).toEqual(
      files.map((file) => (file.includes('-phone-') ? [file, 390, 844, true] : [file, 1440, 900, true])),
    );
  });

  it('are not part of the package', () => {
    const { files: packed } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
      files: string[];
    };
    expect(packed).toContain('!docs/images');
  });
});
