import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { entries, manifest, optionalPeers, PackedPackage, requiredPeers, root } from './packed-package';
import { publicNames } from './public-names';

let packed: PackedPackage;
beforeAll(async () => {
  packed = await PackedPackage.make();
}, 60_000);
afterAll(() => {
  packed.remove();
});

describe('The packed package', () => {
  it('satisfies publint --strict', async () => {
    expect(await packed.check('publint', 'run', packed.tarball, '--strict')).toMatchObject({ code: 0 });
  }, 60_000);

  it('has types that resolve as its code does, for CommonJS and for ES modules', async () => {
    const report = await packed.check('attw', packed.tarball, '--no-color', '--no-emoji');
    expect(report).toMatchObject({ code: 0 });
  }, 60_000);

  it('installs neither the compiler nor the parser of the command with an application that only tracks', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['@standard-schema/spec', 'sonic-boom']);
  });

  it('has an entry for each file of src/entries', () => {
    const { status } = spawnSync(process.execPath, [join(root, 'scripts/entries.mjs'), '--check']);
    expect(status).toBe(0);
    expect(Object.keys(manifest.exports)).toEqual(['.', ...entries.map((name) => `./${name}`), './package.json']);
  });

  it('has types for each subpath where `exports` is not read: under moduleResolution node10', () => {
    const types = entries.map((name) => [name, [`./dist/entries/${name}.d.ts`]] as const);
    expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(types) });
  });

  it('is smaller than 1.3 MB', () => {
    expect(statSync(packed.tarball).size).toBeLessThan(1_300_000);
  });

  it('contains the code and the types of each entry, and no test', () => {
    const files = readdirSync(packed.folder, { recursive: true, encoding: 'utf8' });
    const targets = ['index', ...entries].flatMap((name) => [`dist/entries/${name}.js`, `dist/entries/${name}.d.ts`]);
    expect(files).toEqual(expect.arrayContaining(targets));
    expect(files.filter((file) => /\b(spec|test)\b/.test(file))).toEqual([]);
  });
});

const publicValues = publicNames['.']!.values;

describe('The root entry', () => {
  it('loads where no optional peer is installed, without a warning', async () => {
    const found = await packed.evaluate(`
      const warnings = [];
      process.on('warning', (warning) => warnings.push(String(warning)));
      const { createRequire } = require('node:module');
      const inside = createRequire(require.resolve('${manifest.name}'));
      const reachable = ${JSON.stringify(optionalPeers)}.filter((peer) => { try { inside.resolve(peer); return true } catch { return false } });
      require('${manifest.name}');
      setImmediate(() => console.log(JSON.stringify({ reachable, warnings })));`);
    expect(found).toEqual({ reachable: [], warnings: [] });
  });

  it('exports these values and no others, by require and by import', async () => {
    const required = await packed.evaluate(
      `console.log(JSON.stringify(Object.keys(require('${manifest.name}')).sort()))`,
    );
    expect(required).toEqual(publicValues);
    const imported = await packed.evaluate(
      `import * as names from '${manifest.name}'; console.log(JSON.stringify(Object.keys(names).sort()))`,
      'module',
    );
    const ofTheModuleSystem = ['__esModule', 'default', 'module.exports']; // what Node adds to a CommonJS module
    expect((imported as string[]).filter((name) => !ofTheModuleSystem.includes(name))).toEqual(publicValues);
  });

  it('names in its types only its dependencies, its required peers and Node', () => {
    const allowed = new Set([...Object.keys(manifest.dependencies), ...requiredPeers]);
    const foreign = [...importsOf(join(packed.folder, 'dist/entries/index.d.ts'))].filter(([specifier]) => {
      const name = specifier.replace(/^node:/, '').match(/^(@[^/]+\/)?[^/]+/)![0];
      return !allowed.has(name) && !builtinModules.includes(name);
    });
    expect(foreign).toEqual([]);
  });
});

describe('The segment entry', () => {
  it('loads without a package of Segment, and gives the class that the openedx entry means in settings', async () => {
    const found = await packed.evaluate(`
      const { SegmentBackend, ...others } = require('${manifest.name}/segment');
      const { backendsFromSettings } = require('${manifest.name}/openedx');
      const settings = { EVENT_TRACKING_BACKENDS: { s: { ENGINE: 'eventtracking.backends.segment.SegmentBackend' } } };
      const { backends } = backendsFromSettings(settings, {}, { segment: { writeKey: 'k' } });
      console.log(JSON.stringify({ others: Object.keys(others), isSame: backends.s.type === SegmentBackend }));`);
    expect(found).toEqual({ others: [], isSame: true });
  });
});

describe('The entry nestjs-event-tracking/mongoose', () => {
  it('says which package is missing where its peers are not installed', async () => {
    const found = await packed.evaluate(`
      try { require('${manifest.name}/mongoose') } catch ({ name, message }) { console.log(JSON.stringify({ name, message })) }`);
    expect(found).toEqual({
      name: 'MissingPeerException',
      message: expect.stringMatching(/needs the package "mongoose"[^]*Fix: npm install mongoose @nestjs\/mongoose/),
    });
  });
});

describe('The command line', () => {
  let unlink: () => void;
  beforeAll(() => {
    unlink = packed.link('commander', 'jiti');
  });
  afterAll(() => {
    unlink();
  });

  it('names the packages that it needs and how to install them', async () => {
    unlink();
    try {
      const { code, said } = await packed.run(manifest.bin['event-tracking'], 'catalog', 'docs');
      expect(code).toBe(2);
      expect(said).toBe(
        'error: event-tracking needs the packages commander and jiti, which are not installed.\n' +
          '  Fix: npm install --save-dev commander jiti\n',
      );
    } finally {
      unlink = packed.link('commander', 'jiti');
    }
  }, 60_000);

  it('prints the catalog of an application in TypeScript', async () => {
    const catalog = `import { defineEvent } from '${manifest.name}';
export enum Mode { Audit = 'audit' }
export const Played = defineEvent('video.played', { title: 'Video played', examples: [{ mode: Mode.Audit as const }] });
`;
    writeFileSync(join(packed.app, 'catalog.ts'), catalog);
    const command = (...words: string[]) => packed.run(manifest.bin['event-tracking'], 'catalog', ...words);
    expect(await command('docs', '--catalog', 'catalog.ts')).toMatchObject({ code: 0 });
    expect(readFileSync(join(packed.app, 'docs/events/video.played.md'), 'utf8')).toContain('**Video played**');
    expect(await command('check', '--catalog', 'catalog.ts')).toMatchObject({ code: 1 });
    expect(await command('check', '--catalog', 'catalog.ts', '--update')).toMatchObject({ code: 0 });
    expect(await command('check', '--catalog', 'catalog.ts')).toMatchObject({ code: 0 });
    expect(await command('docs', '--catalog', 'nowhere.ts')).toMatchObject({
      code: 2,
      said: expect.stringMatching(/there is no catalog at nowhere\.ts\.\n {2}Fix: /),
    });
  }, 60_000);

  it('loads a DTO of class-validator for each of its commands', async () => {
    const unlinkDto = packed.link('class-validator', 'class-transformer', 'class-validator-jsonschema', 'typescript');
    try {
      const catalog = `import { IsIn } from 'class-validator';
import { defineEvent } from '${manifest.name}';
import { dto } from '${manifest.name}/class-validator';
class EnrolmentDto { @IsIn(['audit', 'verified']) mode!: string; }
export const events = { course: { enrolled: defineEvent('course.enrolled', { data: dto(EnrolmentDto) }) } };
`;
      writeFileSync(join(packed.app, 'dto.ts'), catalog);
      const line = (mode: string): string =>
        JSON.stringify({ name: 'course.enrolled', timestamp: '2026-11-01T12:00:00.000Z', data: { mode }, context: {} });
      writeFileSync(join(packed.app, 'right.log'), line('audit'));
      writeFileSync(join(packed.app, 'wrong.log'), line('gold'));
      const command = (...words: string[]) => packed.run(manifest.bin['event-tracking'], 'catalog', ...words);
      const options = ['--catalog', 'dto.ts'];
      expect(await command('docs', ...options, '--out', 'dto-docs')).toMatchObject({ code: 0 });
      expect(await command('check', ...options, '--lock', 'dto.lock.json', '--update')).toMatchObject({ code: 0 });
      expect(await command('check', ...options, '--lock', 'dto.lock.json')).toMatchObject({ code: 0 });
      expect(await command('validate', 'right.log', ...options)).toMatchObject({ code: 0 });
      expect(await command('validate', 'wrong.log', ...options)).toMatchObject({ code: 1 });
      expect(await command('infer', 'right.log', '--schema', 'json-schema')).toMatchObject({ code: 0 });
    } finally {
      unlinkDto();
    }
  }, 60_000);

  it('has the name of the package too, so that npx finds no other package by it', () => {
    expect(manifest.bin).toEqual({
      'event-tracking': manifest.bin['event-tracking'],
      [manifest.name]: manifest.bin['event-tracking'],
    });
  });

  it('ends as it would where nobody reads on what it prints', async () => {
    const child = spawn(process.execPath, [join(packed.folder, manifest.bin['event-tracking']), '--help'], {
      cwd: packed.app,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy(); // before the first byte, as `| true` does
    let said = '';
    child.stderr.on('data', (bytes) => (said += String(bytes)));
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said }).toEqual({ code: 0, said: '' });
  }, 60_000);

  it('loads none of its packages with the root entry', async () => {
    const loaded = await packed.evaluate(`
      require('${manifest.name}');
      console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /node_modules.(commander|jiti)./.test(file))));`);
    expect(loaded).toEqual([]);
  });
});

/**
 * Every package that the declarations reachable from an entry name, each with the file that names
 * it first.
 */
function importsOf(file: string, packages = new Map<string, string>(), seen = new Set<string>()): Map<string, string> {
  if (seen.has(file)) return packages;
  seen.add(file);
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  for (const { fileName } of [...importedFiles, ...typeReferenceDirectives])
    if (fileName.startsWith('.')) importsOf(declarationOf(join(dirname(file), fileName)), packages, seen);
    else if (!packages.has(fileName)) packages.set(fileName, relative(packed.folder, file));
  return packages;
}

function declarationOf(path: string): string {
  const found = [path.replace(/\.js$/, '') + '.d.ts', join(path, 'index.d.ts')].find((file) => ts.sys.fileExists(file));
  if (found === undefined) throw new Error(`${path} has no declaration`);
  return found;
}
