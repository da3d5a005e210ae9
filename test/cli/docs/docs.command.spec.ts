import { writeFileSync, readFileSync, mkdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DocsFolder, OPEN_EDX, SHOP } from './print-docs';

const FORMATS = ['markdown', 'html', 'json-schema', 'asyncapi', 'cloudevents'];

/** A catalog of the names alone. */
function catalogOf(names: readonly string[]): string {
  const library = join(__dirname, '../../../src/catalog');
  const events = names.map((name) => `defineEvent(${JSON.stringify(name)})`).join(', ');
  return `import { defineCatalog } from '${library}/catalog';
import { defineEvent } from '${library}/define-event';
export const catalog = defineCatalog([${events}]);`;
}

describe('catalog docs', () => {
  let folder: DocsFolder;

  beforeEach(() => {
    folder = new DocsFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    writeFileSync(join(folder.path, file), text);
  }

  it('writes Markdown into docs/events unless it is told otherwise', async () => {
    write('src/catalog.ts', catalogOf(['play_video']));
    expect(await folder.docs()).toEqual({ code: 0, out: 'docs/events: 2 files, 2 written, 0 removed.\n', err: '' });
    expect(folder.files('docs/events')).toEqual(['.catalog-docs.markdown.json', 'README.md', 'play_video.md']);
  });

  it.each(FORMATS)('writes the same %s each time, with LF, and no time of its own', async (format) => {
    const first = await folder.docs('--catalog', SHOP, '--format', format, '--out', 'a');
    const second = await folder.docs('--catalog', SHOP, '--format', format, '--out', 'b');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(folder.files('b')).toEqual(folder.files('a'));
    for (const file of folder.files('a')) {
      expect(folder.read(`b/${file}`)).toBe(folder.read(`a/${file}`));
      expect(folder.read(`a/${file}`)).not.toContain('\r');
      expect(folder.read(`a/${file}`)).toMatch(/[^\n]\n$/);
      expect(folder.read(`a/${file}`)).not.toContain(folder.path);
    }
    const again = await folder.docs('--catalog', SHOP, '--format', format, '--out', 'a');
    expect(again.out).toContain(' 0 written, 0 removed.');
  });

  it.each(FORMATS)('prints the 192 events of Open edX as %s, and finds them current', async (format) => {
    const printed = await folder.docs('--catalog', OPEN_EDX, '--format', format);
    expect(printed).toMatchObject({ code: 0, err: '' });
    if (format !== 'asyncapi') expect(folder.files('docs/events').length).toBeGreaterThanOrEqual(193);
    expect(await folder.docs('--catalog', OPEN_EDX, '--format', format, '--check')).toMatchObject({ code: 0, err: '' });
  });

  it('takes away what an earlier run wrote and this one does not, and nothing else', async () => {
    write('src/catalog.ts', catalogOf(['play_video', 'pause_video']));
    await folder.docs();
    write('docs/events/how-to.md', 'ours');
    write('src/catalog.ts', catalogOf(['play_video']));
    expect(await folder.docs()).toMatchObject({ code: 0, out: 'docs/events: 2 files, 1 written, 1 removed.\n' });
    expect(folder.files('docs/events')).toEqual([
      ...['.catalog-docs.markdown.json', 'README.md', 'how-to.md', 'play_video.md'],
    ]);
  });

  it('lets several formats be in one folder', async () => {
    for (const format of FORMATS) await folder.docs('--catalog', SHOP, '--format', format);
    for (const format of FORMATS)
      expect(await folder.docs('--catalog', SHOP, '--format', format, '--check')).toMatchObject({ code: 0 });
  });

  it('writes over nothing that it did not write, and then writes nothing at all', async () => {
    write('src/catalog.ts', catalogOf(['play_video']));
    write('docs/events/README.md', 'by hand');
    const { code, err } = await folder.docs();
    expect(code).toBe(2);
    expect(err).toContain(`README.md in ${join(folder.path, 'docs/events')} would be overwritten`);
    expect(err).toContain('Fix: pass another folder with --out, or remove the file');
    expect(folder.files('docs/events')).toEqual(['README.md']);
  });

  it('removes nothing outside of the folder, whatever the list of its files says', async () => {
    write('src/catalog.ts', catalogOf(['play_video']));
    write('docs/precious.md', 'by hand');
    for (const path of ['../precious.md', '/etc/hosts', '', '..', 'a/../../precious.md']) {
      write('docs/events/.catalog-docs.markdown.json', JSON.stringify({ files: [path] }));
      expect(await folder.docs()).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') });
    }
    write('docs/events/.catalog-docs.markdown.json', '<<<<<<< ours');
    expect(await folder.docs()).toMatchObject({ code: 2, err: expect.stringContaining('Fix: restore it') });
    expect(folder.read('docs/precious.md')).toBe('by hand');
  });

  describe('--check', () => {
    it('tells what is missing, different and left over, with the line that fixes it, and writes nothing', async () => {
      write('src/catalog.ts', catalogOf(['a', 'b', 'c', 'd']));
      await folder.docs('--title', "Our 'events'");
      write('src/catalog.ts', catalogOf(['a', 'b', 'c', 'e']));
      write('docs/events/b.md', 'by hand');
      const before = folder.files('docs/events');
      const { code, out, err } = await folder.docs('--check', '--title', "Our 'events'");
      expect(code).toBe(1);
      expect(out.trimEnd().split('\n')).toEqual([
        'different  docs/events/.catalog-docs.markdown.json',
        'different  docs/events/README.md',
        'different  docs/events/b.md',
        'left over  docs/events/d.md',
        'missing    docs/events/e.md',
      ]);
      expect(err).toBe(
        "docs/events is not current: 5 files.\n  Fix: run event-tracking catalog docs --title 'Our '\\''events'\\'''\n",
      );
      expect(folder.files('docs/events')).toEqual(before);
      expect(folder.read('docs/events/b.md')).toBe('by hand');

      expect(await folder.docs('--title', "Our 'events'")).toMatchObject({ code: 0 });
      expect(await folder.docs('--check', '--title', "Our 'events'")).toMatchObject({ code: 0 });
    });

    it('tells that a folder which is not there is missing altogether, and makes none', async () => {
      write('src/catalog.ts', catalogOf(['a']));
      const { code, out } = await folder.docs('--check', '--format', 'html', '--out', 'site/events/');
      expect(code).toBe(1);
      expect(out).toContain('missing    site/events/index.html\n');
      expect(existsSync(join(folder.path, 'site'))).toBe(false);
    });

    it('takes the line ends of Windows for what they are', async () => {
      write('src/catalog.ts', catalogOf(['a']));
      await folder.docs();
      for (const file of folder.files('docs/events')) {
        const path = join(folder.path, 'docs/events', file);
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
      }
      expect(await folder.docs('--check')).toMatchObject({ code: 0 });
    });
  });

  it('documents its formats, its examples and its exit codes', async () => {
    const { code, out } = await folder.docs('--help');
    expect(code).toBe(0);
    for (const format of FORMATS) expect(out).toContain(`"${format}"`);
    expect(out).toContain('event-tracking catalog docs --check');
    expect(out).toMatch(/Exit codes: 0 .*; 1 .*; 2 /);
  });

  it.each([
    ['--out', '', '--out is empty.'],
    ['--out', '  ', '--out is empty.'],
    ['--out', '/', '--out / is the root of the disk.'],
    ['--out', '/tmp/..', '--out /tmp/.. is the root of the disk.'],
    ['--title', ' ', '--title is empty.'],
  ])('writes nothing for %s "%s"', async (option, value, expected) => {
    write('src/catalog.ts', catalogOf(['a']));
    const { code, err } = await folder.docs(option, value);
    expect([code, err]).toEqual([2, expect.stringContaining(expected)]);
    expect(folder.files('')).toEqual(['src/catalog.ts']);
  });

  it('writes into the folder that it runs in, if it is told so', async () => {
    write('src/catalog.ts', catalogOf(['a']));
    expect(await folder.docs('--out', '.', '--format', 'asyncapi')).toMatchObject({
      ...{ code: 0, out: '.: 1 file, 1 written, 0 removed.\n' },
    });
    expect(folder.files('')).toContain('asyncapi.json');
  });

  it('refuses a format that it does not know, and a catalog that is not there', async () => {
    expect(await folder.docs('--format', 'pdf')).toMatchObject({
      code: 2,
      err: expect.stringContaining('markdown, html'),
    });
    expect(await folder.docs('--catalog', 'none.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('none.ts'),
    });
  });
});
