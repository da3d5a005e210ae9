// @ts-check
// A new user, from an empty folder: the first lines of the README, a catalog of DTOs, its page, and
// a check that fails.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dev, root, run } from '../packed/application.mjs';
import { BASICS, nest12, only } from './versions.mjs';

export const title = 'Nest 12, CommonJS, npm, nodenext';

const source = join(root, 'scripts/consumers/commonjs');
const bin = (folder, name) => join(folder, 'node_modules/.bin', name);

export const steps = {
  'the first lines of the README'({ folder, tarball }) {
    mkdirSync(join(folder, 'src'));
    cpSync(join(source, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest(tarball), undefined, 2));
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, code] = /^```ts run\n([^]*?)^```$/m.exec(readme) ?? [];
    const [, printed] = /^```json\n([^]*?)^```$/m.exec(readme) ?? [];
    writeFileSync(join(folder, 'src/main.ts'), code ?? '');
    run(bin(folder, 'tsc'), ['-p', '.'], folder);
    const namesIn = (text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).name);
    assert.deepEqual(namesIn(run(process.execPath, ['dist/main.js'], folder)), namesIn(printed));
  },

  'events as log lines of nestjs-pino'({ folder }) {
    cpSync(join(source, 'src/pino.ts'), join(folder, 'src/pino.ts'));
    run(bin(folder, 'tsc'), ['-p', '.'], folder);
    const lines = run(process.execPath, ['dist/pino.js'], folder).trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line)).filter(({ event }) => event?.name === 'course.enrolled');
    assert.equal(events.length, 4, lines.join('\n'));
    for (const { event, level, tenant } of events) {
      assert.deepEqual(event.data, { mode: 'audit' });
      assert.equal(level, 30);
      assert.equal(tenant, 'acme'); // what assign() added to the logger of the request
    }
  },

  'a catalog of DTOs, and its page'({ folder }) {
    cpSync(join(source, 'src/catalog.ts'), join(folder, 'src/catalog.ts'));
    cpSync(join(source, 'src/user.entity.ts'), join(folder, 'src/user.entity.ts'));
    run(bin(folder, 'tsc'), ['-p', '.'], folder);
    tracking(folder, 'catalog', 'check', '--update');
    tracking(folder, 'catalog', 'check');
    tracking(folder, 'catalog', 'docs', '--out', 'events');
    const page = readFileSync(join(folder, 'events/README.md'), 'utf8');
    assert.match(page, /course\.enrolled/);
    assert.ok(existsSync(join(folder, 'events.lock.json')));
  },

  'a change that breaks readers fails the check'({ folder }) {
    const file = join(folder, 'src/catalog.ts');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('course_id!: string', 'course!: string'));
    assert.notEqual(readFileSync(file, 'utf8'), before);
    assert.throws(() => tracking(folder, 'catalog', 'check'), /exit code 1\n[^]*course_id/);
  },
};

/**
 * As README and docs have it: `--no` keeps npx from asking the registry for another package of that
 * name.
 */
function tracking(folder, ...args) {
  return run('npx', ['--no', 'event-tracking', ...args], folder);
}

function manifest(tarball) {
  return {
    name: 'first-contact',
    private: true,
    dependencies: {
      ...only(nest12, ...BASICS, '@nestjs/platform-express'),
      'class-transformer': dev['class-transformer'],
      'class-validator': dev['class-validator'],
      'class-validator-jsonschema': dev['class-validator-jsonschema'],
      'nestjs-event-tracking': `file:${tarball}`,
      'nestjs-pino': '5.2.1',
      pino: dev.pino,
      'pino-http': '11.0.0',
    },
    devDependencies: {
      '@types/node': dev['@types/node'],
      commander: dev.commander,
      jiti: dev.jiti,
      typescript: dev.typescript,
    },
  };
}
