import { Projects, runCommands, type CommandResult, type Files } from './projects';

const OPTIONS = { module: 'nodenext', target: 'ES2023', experimentalDecorators: true, emitDecoratorMetadata: true };
const tsconfig = (options: object = {}): object => ({ compilerOptions: { ...OPTIONS, strict: true, ...options } });
const HEAD = `
import { IsEnum, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { defineEvent } from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
`;
/** class-validator keeps what it knows of a class by its name. */
let loans = 0;
const catalog = (imports = '', code = '', fields = '@IsString() shelf!: string;'): string => {
  const name = `Loan${String(++loans)}`;
  return `${HEAD}${imports}
class ${name} { ${fields} }
export const noted = defineEvent('loan.noted', { data: dto(${name}) });
${code}`;
};
const ASSERT_X = "if (X !== 1) throw new Error('X is not 1');";
const X = 'export const X = 1;';
const CIRCULAR = {
  'src/author.ts': `import { Type } from 'class-transformer';
import { Book } from './book';
export class Author { @Type(() => Book) first!: Book; }`,
  'src/book.ts': `import { Type } from 'class-transformer';
import { Author } from './author';
export class Book { @Type(() => Author) author!: Author; }`,
};
const SERVICE = `import { Inject, Injectable } from '@nestjs/common';
export interface Clock { now(): number }
@Injectable()
export class Service {
  @Inject('X') private readonly x!: string;
  constructor(@Inject('CLOCK') private readonly clock: Clock) {}
}`;
const SWC = { 'nest-cli.json': { compilerOptions: { builder: 'swc' } } };
const MODULE = { 'package.json': { type: 'module' } };

/** Each exports one event, `loan.noted`, whose field `shelf` is a string. */
const PROJECTS: Readonly<Record<string, Files>> = {
  'a field of a DTO with `!`': { 'src/catalog.ts': catalog() },
  'readonly, optional, declared and initialized fields': {
    'src/catalog.ts': catalog(
      '',
      '',
      `@IsString() readonly shelf!: string; @IsOptional() @IsInt() n?: number;
      @IsOptional() @IsInt() declare m?: number; @IsOptional() @IsInt() o: number = 1;`,
    ),
  },
  'a project of ES modules': { ...MODULE, 'src/catalog.ts': catalog('', 'await Promise.resolve();') },
  'the ending .js for a TypeScript file': {
    ...MODULE,
    ...{ 'src/x.ts': X, 'src/catalog.ts': catalog("import { X } from './x.js';", ASSERT_X) },
  },
  'an .mts file': { 'src/catalog.mts': catalog() },
  'a .cts file with import = and a file with export =': {
    'src/x.ts': 'export = { X: 1 };',
    'src/catalog.cts': catalog("import x = require('./x');", 'const { X } = x;' + ASSERT_X),
  },
  'paths of the tsconfig': {
    'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }),
    ...{ 'src/lib/x.ts': X, 'src/catalog.ts': catalog("import { X } from '@lib/x';", ASSERT_X) },
  },
  'paths of a tsconfig that another extends': {
    ...{ 'tsconfig.json': { extends: './base.json' }, 'base.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }) },
    ...{ 'src/lib/x.ts': X, 'src/catalog.ts': catalog("import { X } from '@lib/x';", ASSERT_X) },
  },
  'the baseUrl of the tsconfig': {
    'tsconfig.json': tsconfig({ baseUrl: './' }),
    ...{ 'src/lib/x.ts': X, 'src/catalog.ts': catalog("import { X } from 'src/lib/x';", ASSERT_X) },
  },
  'the tsconfig that nest-cli.json names for a project of a workspace': {
    'nest-cli.json': {
      projects: { api: { root: 'apps/api', compilerOptions: { tsConfigPath: 'apps/api/tsconfig.app.json' } } },
    },
    'apps/api/tsconfig.app.json': tsconfig({ paths: { '@lib/*': ['../../libs/*'] } }),
    ...{ 'libs/x.ts': X, 'apps/api/src/catalog.ts': catalog("import { X } from '@lib/x';", ASSERT_X) },
  },
  useDefineForClassFields: {
    'tsconfig.json': tsconfig({ useDefineForClassFields: true }),
    'src/catalog.ts': catalog('', '', '@IsString() shelf!: string; @IsOptional() @IsInt() n?: number;'),
  },
  'a tsconfig of an older scaffold': {
    'tsconfig.json': tsconfig({
      ...{ module: 'commonjs', moduleResolution: 'node10', target: 'ES2017', importHelpers: true, sourceMap: true },
      ...{ composite: true, declaration: true, incremental: true, removeComments: true, outDir: './dist' },
    }),
    'src/catalog.ts': catalog(),
  },
  'enums, also constant ones of other files': {
    'src/kind.ts': "export const enum Kind { a = 'a' }\nexport enum Place { a = 'a' }",
    'src/catalog.ts': catalog(
      "import { Kind, Place } from './kind';",
      '',
      '@IsEnum(Place) @IsEnum([Kind.a]) shelf!: Place;',
    ),
  },
  'the types of fields as metadata': {
    'src/info.ts': 'export interface Info { a: 1 }\nexport class Copy { @IsInt() n!: number; }\n'.replace(
      /^/,
      "import { IsInt } from 'class-validator';\n",
    ),
    'src/catalog.ts': catalog(
      "import { Copy, Info } from './info';\nclass Other { @IsOptional() copy?: Copy; @IsOptional() info?: Info; }",
      "if (Reflect.getMetadata('design:type', Other.prototype, 'copy') !== Copy) throw new Error('no metadata');",
    ),
  },
  'entities that import each other': {
    ...CIRCULAR,
    'src/catalog.ts': catalog("import { Author } from './author';", 'new Author();'),
  },
  'injected fields and parameters': {
    ...{ 'src/service.ts': SERVICE, 'src/catalog.ts': catalog("import { Service } from './service';", 'Service;') },
  },
  JSON: {
    'tsconfig.json': tsconfig({ resolveJsonModule: true, esModuleInterop: true }),
    ...{
      'src/x.json': '{"X":1}',
      'src/catalog.ts': catalog("import json from './x.json';", `const { X } = json;${ASSERT_X}`),
    },
  },
  'JSON with an attribute, and import.meta': {
    ...{ ...MODULE, 'src/x.json': '{"X":1}' },
    'src/catalog.ts': catalog(
      "import json from './x.json' with { type: 'json' };",
      `const { X } = json;${ASSERT_X} if (!import.meta.url.startsWith('file:')) throw new Error();`,
    ),
  },
  'a package that is an ES module': { 'src/catalog.ts': catalog("import { type } from 'arktype';", 'type;') },
  'DTOs that are imported before anything of Nest': {
    'src/loan.dto.ts': `import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
class Inner { @IsString() a!: string; }
export class EarlyLoan { @Type(() => Inner) @ValidateNested() inner?: Inner; @IsString() shelf!: string; }`,
    'src/catalog.ts': `import { EarlyLoan } from './loan.dto';\n${HEAD}
export const noted = defineEvent('loan.noted', { data: dto(EarlyLoan) });`,
  },
  'a project without a tsconfig': { 'tsconfig.json': null, 'src/catalog.ts': catalog() },
  'the builder swc': {
    ...SWC,
    'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }),
    ...CIRCULAR,
    'src/lib/x.ts': X,
    'src/catalog.ts': catalog(
      "import { X } from '@lib/x';\nimport { Author } from './author';",
      `new Author();${ASSERT_X}`,
    ),
  },
  'the builder swc with a .swcrc': {
    'nest-cli.json': { compilerOptions: { builder: { type: 'swc' } } },
    '.swcrc': { module: { type: 'commonjs' }, jsc: { transform: { useDefineForClassFields: true } } },
    ...{ 'src/x.ts': X, 'src/catalog.ts': catalog("import { X } from './x';", ASSERT_X) },
  },
  'a JavaScript file with ES syntax': {
    'src/catalog.js': catalog('', '', "static d = IsString()(this.prototype, 'shelf');"),
  },
  'an .mjs file': { 'src/catalog.mjs': catalog('', '', "static d = IsString()(this.prototype, 'shelf');") },
  'a .cjs file': {
    'src/catalog.cjs': `const { IsString } = require('class-validator');
class CommonLoan { static { IsString()(this.prototype, 'shelf'); } }
const { dto } = require('nestjs-event-tracking/class-validator');
exports.noted = require('nestjs-event-tracking').defineEvent('loan.noted', { data: dto(CommonLoan) });`,
  },
};

const line = (shelf: unknown): string =>
  `${JSON.stringify({ name: 'loan.noted', timestamp: '2026-11-01T12:00:00.000Z', data: { shelf }, context: {} })}\n`;

describe('loadCatalog: loading a catalog', () => {
  const projects = new Projects();
  const results = new Map<string, readonly CommandResult[]>();

  beforeAll(async () => {
    const commands = Object.entries(PROJECTS).flatMap(([name, files], at) => {
      const folder = projects.write(`project-${String(at)}`, {
        ...{ 'package.json': {}, 'tsconfig.json': tsconfig(), 'right.log': line('a'), 'wrong.log': line(1) },
        ...files,
      });
      const file = Object.keys(files).find((each) => each.includes('catalog.')) ?? '';
      return ['right.log', 'wrong.log'].map((log) => ({ name, folder, words: ['validate', log, '--catalog', file] }));
    });
    const all = await runCommands(commands);
    commands.forEach(({ name }, at) => results.set(name, [...(results.get(name) ?? []), all[at]!]));
  }, 120_000);

  afterAll(() => {
    projects.remove();
  });

  it.each(Object.keys(PROJECTS))('compiles %s as the application is compiled', (name) => {
    const [right, wrong] = results.get(name)!;
    expect(right).toMatchObject({ code: 0, err: '' });
    expect(wrong).toMatchObject({ code: 1, err: '', out: expect.stringContaining('data.shelf') });
  });
});

describe('loadCatalog: a project without a compiler', () => {
  it('loads TypeScript without decorators, and says what to install for a file with them', async () => {
    const projects = new Projects([]);
    try {
      const plain = projects.write('plain', {
        'catalog.ts':
          "import { defineEvent } from 'nestjs-event-tracking';\nexport const a = defineEvent('a' as string);",
      });
      const decorated = projects.write('decorated', { 'catalog.ts': catalog() });
      const words = ['docs', '--catalog', 'catalog.ts'];
      const [first, second] = await runCommands([plain, decorated].map((folder) => ({ folder, words })));
      expect(first).toMatchObject({ code: 0, err: '' });
      expect(second).toMatchObject({ code: 2, err: expect.stringContaining('npm install --save-dev typescript@6') });
    } finally {
      projects.remove();
    }
  }, 60_000);

  it('is compiled by SWC, if its TypeScript has no API for JavaScript', async () => {
    const projects = new Projects(['@swc']);
    try {
      projects.write('node_modules/typescript', { 'index.js': 'exports.version = "7.0.0";' });
      const folder = projects.write('project', { 'catalog.ts': catalog() });
      const [result] = await runCommands([{ folder, words: ['docs', '--catalog', 'catalog.ts'] }]);
      expect(result).toMatchObject({ code: 0, err: '' });
    } finally {
      projects.remove();
    }
  }, 60_000);
});
