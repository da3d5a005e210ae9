import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The folders of src/, top to bottom: a room may import only the rooms below it. CONTRIBUTING.md
 * and docs/internals/architecture.md list the same rooms; test/docs/rooms.spec.ts compares them.
 */
const rooms = [
  'entries',
  'testing',
  'cli',
  'observability',
  'explorer',
  'module',
  'openedx',
  'transactions',
  'tracker',
  'outbox',
  'transports',
  'caliper',
  'xapi',
  'backends',
  'intake',
  'catalog',
  'processors',
  'queues',
  'routing',
  'delivery',
  'store',
  'ledger',
  'context',
  'event',
  'sql',
  'common',
];

/** The only places that know a package. */
const homes = {
  'sonic-boom': ['src/backends/logger/'],
  ajv: ['src/catalog/ajv/'],
  'class-validator': ['src/catalog/class-validator/'],
  'class-validator-jsonschema': ['src/catalog/class-validator/'],
  'class-transformer': ['src/catalog/class-validator/'],
  commander: ['src/cli/'],
  jiti: ['src/cli/'],
  pino: ['src/backends/logger/'],
  'nestjs-cls': ['src/context/', 'src/module/'],
  bull: ['src/transports/bull/'],
  '@nestjs/bull': ['src/transports/bull/'],
  avsc: ['src/transports/bus/'],
  ioredis: ['src/transports/redis-streams/', 'src/explorer/shared/redis-channel.ts'],
  '@platformatic/kafka': ['src/transports/kafka/'],
  kafkajs: ['src/transports/kafka/'],
  mongoose: ['src/backends/mongo/'],
  pg: ['src/backends/postgres/'],
  // The reader of Open edX settings only makes the module of a connection.
  '@nestjs/mongoose': ['src/backends/mongo/', 'src/openedx/mongoose-engines.ts'],
  '@opentelemetry': ['src/observability/opentelemetry/'],
  '@nestjs/terminus': ['src/observability/terminus/'],
  preact: ['src/explorer/page/'],
};

const packagesKeptOutOf = (path) =>
  Object.entries(homes)
    .filter(([, places]) => !places.some((place) => path.startsWith(place)))
    .map(([name, places]) => ({
      regex: `^${name}(/|$)`,
      message: `${name} is known only to ${places.join(' and ')}: go through what that room exports.`,
    }));

const importRule = (path, patterns = []) => ({
  files: [path.endsWith('/') ? `${path}**/*.{ts,tsx}` : path],
  rules: { 'no-restricted-imports': ['error', { patterns: [...patterns, ...packagesKeptOutOf(path)] }] },
});

const onlyRoomsBelow = (room, path, patterns = []) => {
  const above = rooms.slice(0, rooms.indexOf(room)).join('|');
  return importRule(path, [
    {
      regex: `${above === '' ? '' : `^(\\.\\./)+(${above})(/|$)|`}^[./]+$|^nestjs-event-tracking`,
      message: `src/${room}/ may import only the rooms below it: move the code down, or pass it in.`,
    },
    ...patterns,
  ]);
};

/**
 * A later block replaces the rule for the same files, so the places of a room that know a package
 * have separate blocks.
 */
const arrowsRunDown = (room) => {
  const folder = `src/${room}/`;
  const places = new Set(Object.values(homes).flat());
  return [folder, ...[...places].filter((place) => place.startsWith(folder) && place !== folder)].map((path) =>
    onlyRoomsBelow(room, path),
  );
};

/** Transports share bus/ and the files of transports/, and never import each other. */
const technologies = ['bull', 'kafka', 'redis-streams'];

const noSiblingTransport = ['bus', ...technologies].map((transport) => {
  const siblings = technologies.filter((name) => name !== transport).join('|');
  return onlyRoomsBelow('transports', `src/transports/${transport}/`, [
    {
      regex: `^\\.\\./(${siblings})/`,
      message: `src/transports/${transport}/ may not import another transport: move what both need to transports/ or bus/.`,
    },
  ]);
});

const noTransportInShared = {
  ...onlyRoomsBelow('transports', 'src/transports/', [
    {
      regex: `^\\./(${technologies.join('|')})/`,
      message: 'A file that transports share may not import one of them: pass it in.',
    },
  ]),
  files: ['src/transports/*.ts'],
};

/** The page runs in a browser: of the package, it may know the types of the API alone. */
const explorerPage = importRule('src/explorer/page/', [
  {
    regex: '^(?!preact(/|$)|\\.)',
    message: "The explorer's page is loaded by browsers: write it without another package, to keep it small.",
  },
  {
    regex: '^(\\.\\./){2,}(?!api$)',
    message: "The explorer's page may import only its own files and the types of src/explorer/api/.",
  },
]);

const testKit = onlyRoomsBelow('testing', 'src/testing/', [
  {
    regex: '^(jest|vitest|expect|@jest/.*|@nestjs/testing)$',
    message: 'The test kit loads under Jest, Vitest and neither: take what it needs from their `this`.',
  },
]);

/** No other file is longer than 300 lines. */
const longFiles = [
  'test/explorer/shared.spec.ts',
  'test/package/public-names.ts', // one list: the public names of all entries
];

export default defineConfig(
  // Applications of their own, whose packages are not installed here.
  globalIgnores([
    '**/dist/',
    '**/node_modules/',
    '**/coverage/',
    'test/conformance/vectors/',
    'scripts/matrix/',
    'scripts/consumers/*/',
  ]),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // Nest declares its options as classes and takes object literals
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  { files: ['**/*.{ts,tsx,mjs}'], ignores: longFiles, rules: { 'max-lines': ['error', 300] } },
  rooms.flatMap((room) => arrowsRunDown(room)),
  noSiblingTransport,
  noTransportInShared,
  testKit,
  explorerPage,
  {
    files: ['test/**/*.ts', 'sample-app/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off', // controllers and modules of one test
      '@typescript-eslint/no-empty-function': 'off', // backends that take everything and do nothing
      '@typescript-eslint/unbound-method': 'off', // expect(spy.method)
      '@typescript-eslint/no-non-null-assertion': 'off', // the assertion is the test
      '@typescript-eslint/no-unsafe-assignment': 'off', // parsed JSON, and expect.any()
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }], // expect(() => tracker.emit()).not.toThrow()
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true, allowAny: true }],
    },
  },
  { files: ['test/types/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: null } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
