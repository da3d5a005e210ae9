import { Projects, runCommands, type CommandResult, type Files } from './projects';

const DEFINE = "import { defineCatalog, defineEvent } from 'nestjs-event-tracking';\n";
const LONG = Array.from({ length: 40 }, (_, at) => `option${String(at)}: 1`).join(', ');

/** The files, and what the command has to say of them. */
const CASES: Readonly<Record<string, readonly [files: Files, said: readonly (string | RegExp)[]]>> = {
  'a syntax error in an imported file': [
    { 'catalog.ts': `${DEFINE}import './b';`, 'b.ts': '// first\nexport const a: = 1;' },
    [/^error: catalog\.ts cannot be loaded: b\.ts:2: Type expected/, 'npx tsc --noEmit'],
  ],
  'a file that throws while it is loaded': [
    {
      'catalog.ts': `${DEFINE}import './b';`,
      'b.ts': "interface A {\n  a: 1;\n}\n\nexport const a: A = { a: 1 };\nthrow new TypeError('no database at all');",
    },
    [/cannot be loaded: b\.ts:6: TypeError: no database at all\n/, 'a file that can be imported alone'],
  ],
  'a file that throws below a function of a package': [
    { 'catalog.ts': `${DEFINE}\n[1].forEach(() => {\n  JSON.parse('{');\n});` },
    [/cannot be loaded: catalog\.ts:4: SyntaxError: /],
  ],
  'a package that is not installed': [
    { 'catalog.ts': `${DEFINE}import '@org/nowhere/deep';` },
    [/catalog\.ts:2: .*@org\/nowhere/, 'npm install @org/nowhere; or, if it is a path alias, add it to "paths"'],
  ],
  'a path that leads nowhere': [
    { 'catalog.ts': "import './b';", 'b.ts': "import { X } from './nowhere';\nX;" },
    [/b\.ts:1: .*'\.\/nowhere'/, 'correct the path of the import'],
  ],
  'a definition with several errors': [
    { 'catalog.ts': `${DEFINE}\n\nexport const a = defineEvent('video.played', { ${LONG} });` },
    [/catalog\.ts:4: EventDefinitionException/, 'has 40 errors', ' 40. ', /^(?:(?!a file that can be imported)[^])*$/],
  ],
  'two definitions of one name': [
    { 'catalog.ts': `${DEFINE}export const a = defineEvent('a');\nexport const b = defineEvent('a');` },
    ['another definition has the name "a"', 'keep one definition for each name'],
  ],
  'an error with a cause': [
    { 'catalog.ts': "throw new Error('cannot connect', { cause: new Error('refused by 127.0.0.1') });" },
    ['cannot connect', 'refused by 127.0.0.1'],
  ],
  'something that is no error': [{ 'catalog.ts': "throw 'a text';" }, ['cannot be loaded: a text']],
  'an error that moves the cursor': [{ 'catalog.ts': "throw new Error('a\\u001b[2Jb');" }, ['a\\u001b[2Jb']],
  'a tsconfig that extends nothing': [
    { 'catalog.ts': DEFINE, 'tsconfig.json': { extends: './nowhere.json' } },
    ['tsconfig.json cannot be read', 'nowhere.json'],
  ],
  'a syntax error under the builder swc': [
    { 'nest-cli.json': { compilerOptions: { builder: 'swc' } }, 'catalog.ts': '\n\nexport const a: = 1;' },
    [/cannot be loaded: catalog\.ts:3: Unexpected token/, 'npx tsc --noEmit'],
  ],
  'a file without definitions': [
    { 'catalog.ts': 'export const a = 1;' },
    ['exports neither a catalog nor a definition'],
  ],
  'a URL of no file': [{ args: '--catalog file://elsewhere/catalog.ts' }, ['is not the URL of a local file']],
  'a folder without an index': [{ 'lib/a.ts': '', args: '--catalog lib' }, ['lib is a folder without an index file']],
  'an unknown key in package.json': [
    { 'package.json': { 'event-tracking': { catalogs: 'catalog.ts' } }, args: '' },
    ['the unknown key "catalogs"', 'Did you mean "catalog"?'],
  ],
  'a path in package.json that is no string': [
    { 'package.json': { 'event-tracking': { catalog: ['catalog.ts'] } }, args: '' },
    ['"catalog" of "event-tracking" in package.json is not the path of a file'],
  ],
  'a setting in package.json that is no object': [
    { 'package.json': { 'event-tracking': 'catalog.ts' }, args: '' },
    ['"event-tracking" in package.json is not an object'],
  ],
  'a package.json that is not JSON': [{ 'package.json': '{', args: '' }, ['package.json is not valid JSON']],
};

/** The files, and the names of the events that are found in them. */
const FOUND: Readonly<Record<string, readonly [files: Files, names: readonly string[]]>> = {
  'groups at any depth': [
    {
      'catalog.ts': `${DEFINE}export const events = { video: { played: defineEvent('a'), more: { deep: [{ x: [defineEvent('b')] }] } } };
export const top = defineEvent('c');`,
    },
    ['a', 'b', 'c'],
  ],
  'catalogs in groups': [
    {
      'catalog.ts': `${DEFINE}export default { all: { one: defineCatalog([defineEvent('a')]), two: [defineCatalog([defineEvent('b')])] } };`,
    },
    ['a', 'b'],
  ],
  'static fields of a class, maps and sets': [
    {
      'catalog.ts': `${DEFINE}export class Video { static readonly played = defineEvent('a'); static readonly more = { b: defineEvent('b') }; }
export const map = new Map([['c', defineEvent('c')]]);\nexport const set = new Set([defineEvent('d')]);`,
    },
    ['a', 'b', 'c', 'd'],
  ],
  'namespaces of other files': [
    {
      'catalog.ts': "export * as video from './video';",
      'video.ts': `${DEFINE}export * from './more';\nexport const a = defineEvent('a');`,
      'more.ts': `${DEFINE}export const b = defineEvent('b');`,
    },
    ['a', 'b'],
  ],
  'one definition in several places, and circles': [
    {
      'catalog.ts': `${DEFINE}export const a = defineEvent('a');\nexport const list = [a, { a }];\nconst circle: Record<string, unknown> = { a };
circle['self'] = circle;\nexport { circle };\nexport const trap = { get b() { throw new Error('not to be called'); } };`,
    },
    ['a'],
  ],
  'a URL, and a folder with an index file': [
    { 'lib/index.ts': `${DEFINE}export const a = defineEvent('a');`, args: '--catalog lib' },
    ['a'],
  ],
  'the setting of a package.json with a byte order mark': [
    {
      'package.json': '\ufeff{"event-tracking":{"catalog":"lib/a.ts"}}',
      'lib/a.ts': `${DEFINE}export const a = defineEvent('a');`,
      args: '',
    },
    ['a'],
  ],
};

describe('loadCatalog: the exports of a file', () => {
  const projects = new Projects();
  const results = new Map<string, CommandResult>();

  beforeAll(async () => {
    const commands = Object.entries({ ...CASES, ...FOUND }).map(([name, [given]]) => {
      const { args = '--catalog catalog.ts', ...files } = given;
      const folder = projects.write(name, { 'package.json': {}, ...files });
      return { name, folder, words: ['check', '--update', '--json', ...(args as string).split(' ').filter(Boolean)] };
    });
    const all = await runCommands(commands);
    commands.forEach(({ name }, at) => results.set(name, all[at]!));
  }, 120_000);

  afterAll(() => {
    projects.remove();
  });

  it.each(Object.entries(CASES))('is refused with what is wrong, where, and the fix: %s', (name, [, said]) => {
    const { code, out, err } = results.get(name)!;
    expect({ code, out }).toEqual({ code: 2, out: '' });
    for (const each of said) expect(err).toMatch(each);
  });

  it.each(Object.entries(FOUND))('is found: %s', (name, [, names]) => {
    const { code, out, err } = results.get(name)!;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('"hasLock": false');
    expect(projects.lockedNames(name)).toEqual(names);
  });
});
