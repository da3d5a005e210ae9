import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
// Drafts import this entry. Under Jest, jiti can only find it among the modules already loaded.
import '../../../src/entries/json-schema';
import { CommandFolder, logLine } from '../validate/command-run';
import { INHERITED, KEYS, ODD_TEXTS } from './infer-parts';

describe('catalog infer', () => {
  let folder: CommandFolder;

  beforeAll(() => {
    folder = new CommandFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  it.each(['zod', 'json-schema'])(
    'writes a file that compiles and that matches the same log, with %s',
    async (schema) => {
      const names = [
        ...ODD_TEXTS.filter((text) => text !== ''),
        ...INHERITED,
        'edx.course.enrolled',
        'course.enrolled',
      ];
      const data = Object.fromEntries(
        [...KEYS, ...INHERITED, ...ODD_TEXTS].map((each, at) => [each, [at, 'x', null, { [each]: at }][at % 4]]),
      );
      const lines = names.flatMap((name) => [
        logLine(name, data, data),
        logLine(name, { mode: 'x', nested: [data, [data]] }),
      ]);
      folder.write('tracking.log', `${lines.join('\n')}\n{"cut\n`);
      const made = await folder.run('infer', 'tracking.log', '--out', `${schema}.ts`, '--schema', schema);
      expect(made).toEqual({
        ...{ code: 0, out: '' },
        err: `${lines.length + 1} lines: ${lines.length} events of ${names.length} names, 1 broken line, 0 lines of other JSON.\n  line ${lines.length + 1} is not valid JSON\nThe draft is in ${schema}.ts. Search it for TODO.\n`,
      });
      expect(errorsOf(join(folder.path, `${schema}.ts`))).toEqual([]);
      folder.write('tracking.log', lines.join('\n'));
      expect(await folder.run('validate', 'tracking.log', '--catalog', `${schema}.ts`)).toMatchObject({
        ...{ code: 0, out: `${lines.length} lines: ${lines.length} events.\nNo violations.\n` },
      });
    },
    120_000,
  );

  it('prints the draft if no file is named', async () => {
    folder.write('tracking.log', logLine('a', {}));
    const { code, out } = await folder.run('infer', 'tracking.log');
    expect(code).toBe(0);
    expect(out.startsWith('// Draft from 1 event with 1 name in tracking.log.')).toBe(true);
  });

  it('overwrites a file only on request', async () => {
    const path = folder.write('mine.ts', 'mine');
    folder.write('tracking.log', logLine('a', {}));
    expect(await folder.run('infer', 'tracking.log', '--out', 'mine.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('mine.ts already exists'),
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await folder.run('infer', 'tracking.log', '--out', 'mine.ts', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toContain("defineEvent('a'");
  });

  it('exits with 2 if there is nothing to draft, or the file cannot be written', async () => {
    folder.write('other.log', '{"level":30}\nx\n');
    expect(await folder.run('infer', 'other.log')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'other.log contains no events: 1 broken line (line 2 is not valid JSON), 1 line of other JSON.',
      ),
    });
    mkdirSync(join(folder.path, 'a-folder'));
    expect(await folder.run('infer', 'tracking.log', '--force', '--out', 'a-folder')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a-folder cannot be written'),
    });
    expect(await folder.run('infer', 'tracking.log', '--schema', 'xml')).toMatchObject({ code: 2 });
  });
});

function errorsOf(file: string): string[] {
  const config = join(file, '../tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (path) => ts.sys.readFile(path)).config,
    ts.sys,
    join(file, '..'),
  );
  const program = ts.createProgram([file], options);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(
      ({ messageText, start, file: at }) =>
        `${at?.fileName ?? ''}:${start ?? 0} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}
