import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const run = promisify(execFile);
const root = resolve(__dirname, '../..');
const folder = join(root, 'src/testing');
const entryFile = join(root, 'src/entries/testing.ts');
const files = [entryFile, ...readdirSync(folder).map((name) => join(folder, name))];

/**
 * The values of `nestjs-event-tracking/testing`: adding one, or taking one away, is done here too,
 * on purpose.
 */
const publicValues = [
  'EventNotTrackedException',
  'TrackedEvents',
  'TrackingTestingModule',
  'UntrackedSourceException',
  'ViolationsFoundException',
  'createTrackingSerializer',
  'events',
  'expectNoViolations',
  'fixedClock',
  'fixedIds',
  'matchers',
  'trackingSerializer',
  'waitForEvent',
];

const publicTypes = [
  'AsymmetricMatcher',
  'EventFilter',
  'EventPattern',
  'FixedClock',
  'FixedClockOptions',
  'MatcherContext',
  'MatcherResult',
  'NamePattern',
  'SourceOptions',
  'TrackedEvent',
  'TrackingMatchers',
  'TrackingSerializer',
  'TrackingSerializerOptions',
  'TrackingSource',
  'TrackingTestingOptions',
  'WaitOptions',
];

describe('nestjs-event-tracking/testing: the entry', () => {
  it('loads in plain Node, without a test framework and without @nestjs/testing', async () => {
    const script = `
      const names = Object.keys(require(${JSON.stringify(entryFile)})).sort();
      const framework = /node_modules.(jest|expect|vitest|@jest|@vitest|@nestjs.testing)\\b/;
      console.log(JSON.stringify({ names, loaded: Object.keys(require.cache).filter((file) => framework.test(file)) }));`;
    const { stdout } = await run(process.execPath, ['-r', join(root, 'scripts/swc-register.cjs'), '-e', script], {
      cwd: root,
    });

    expect(JSON.parse(stdout)).toEqual({ names: publicValues, loaded: [] });
  }, 60_000);

  it('exports these types, and compiles where no types of a test framework are', () => {
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        module: 'nodenext',
        target: 'es2023',
        types: ['node'],
        strict: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        noEmit: true,
        skipLibCheck: true,
      },
      root,
    );
    const program = ts.createProgram([entryFile], options);
    const checker = program.getTypeChecker();
    const entry = program.getSourceFile(entryFile)!;
    const names = checker.getExportsOfModule(checker.getSymbolAtLocation(entry)!).map(({ name }) => name);
    const errors = files
      .flatMap((file) => program.getSourceFile(file) ?? [])
      .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));

    expect(names.filter((name) => !publicValues.includes(name)).sort()).toEqual(publicTypes);
    expect(errors).toEqual([]);
  }, 60_000);

  it('names in its imports nothing but Node, Nest, and what is ours', () => {
    const imported = files.flatMap((file) => ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles);
    const foreign = imported
      .map(({ fileName }) => fileName)
      .filter(
        (name) =>
          !name.startsWith('.') && name !== '@nestjs/common' && !builtinModules.includes(name.replace('node:', '')),
      );

    expect(foreign).toEqual([]);
  });
});
