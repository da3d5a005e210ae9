'use strict';

// Nest 12, a few packages below it, a client of Kafka and a schema library are ES modules: Jest runs CommonJS, so these are compiled with our own files.
const esModules = ['@nestjs', '@electric-sql', '@platformatic', 'arktype', '@ark', 'arkregex'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/sample-app'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/sample-app/dist/'],
  transform: {
    '^.+\\.[cm]?[tj]s$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  moduleNameMapper: {
    '^nestjs-event-tracking$': '<rootDir>/src/entries/index.ts',
    '^nestjs-event-tracking/(.*)$': '<rootDir>/src/entries/$1.ts',
  },
  setupFiles: ['reflect-metadata'],
  // A busy machine needs several times what an idle one does.
  testTimeout: 60_000,
  maxWorkers: 2,
  // What some files load (a parser of AsyncAPI, TypeScript) stays with their worker, and after some hundred files it had no memory left.
  workerIdleMemoryLimit: '1GB',
};
