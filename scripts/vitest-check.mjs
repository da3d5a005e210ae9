// @ts-check
// `node scripts/vitest-check.mjs [version]`: the test kit under Vitest (4.1.12 unless told
// otherwise; 5 needs Node 22.12), in a Nest application of ES modules. Not a part of test:all: it
// installs packages from the registry into a temporary folder, which no other test needs. Build the
// library first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { name, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'vitest-check-'));
const [version = '4.1.12'] = process.argv.slice(2);

const asHere = (...names) => Object.fromEntries(names.map((needed) => [needed, devDependencies[needed]]));
const packages = {
  ...asHere('@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/testing', 'nestjs-cls'),
  ...asHere('reflect-metadata', 'rxjs', 'typescript', '@swc/core'),
  '@types/node': `^${process.versions.node.split('.')[0]}.0.0`,
  vitest: version,
  'unplugin-swc': '1.5.9', // esbuild writes no decorator metadata, without which Nest injects nothing by class
};

// As docs/testing/unit-tests.md has it. Up to version 4, Vitest takes the matchers of
// `jest.Matchers`, which the kit declares.
const declaration = `
declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends TrackingMatchers<R> {}
}
`;

const files = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      noEmit: true,
      types: ['node'],
    },
    include: ['*.ts'],
  }),
  'vitest.config.mjs': `
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
export default defineConfig({ plugins: [swc.vite({ module: { type: 'es6' } })], oxc: false, test: { setupFiles: './setup.ts' } });
`,
  'setup.ts': `
import 'reflect-metadata';
import { expect } from 'vitest';
import { matchers, trackingSerializer, type TrackingMatchers } from '${name}/testing';
${Number.parseInt(version) < 5 ? '' : declaration}

expect.extend(matchers);
expect.addSnapshotSerializer(trackingSerializer);
`,
  'enrolment.spec.ts': `
import { Controller, Injectable, Post, type INestApplication } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TrackerService, TrackEvent, TrackingContext } from '${name}';
import { events, fixedClock, fixedIds, TrackingTestingModule, waitForEvent } from '${name}/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

@Injectable()
class EnrolmentService {
  constructor(private readonly tracker: TrackerService) {}

  @TrackingContext(({ args: [course_id] }) => ({ course_id }))
  @TrackEvent('enrolment.activated', ({ result }) => ({ enrolment: result }))
  enrol(course_id: string): { id: number } {
    this.tracker.emit('message.queued', { template: 'welcome' });
    setTimeout(() => { this.tracker.emit('reminder.sent', { course_id }); }, 86_400_000);
    return { id: 1 };
  }
}

@Controller('enrolments')
class EnrolmentController {
  constructor(private readonly enrolments: EnrolmentService) {}

  @Post()
  enrol(): { id: number } {
    return this.enrolments.enrol('DemoX');
  }
}

const failure = (assertion: () => unknown): string => {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message.replace(/\\u001b\\[\\d+m/g, '');
  }
  throw new Error('the assertion holds');
};

describe('The test kit', () => {
  let module: TestingModule;
  beforeEach(async () => {
    const clock = fixedClock(undefined, { stepMs: 1 });
    module = await Test.createTestingModule({
      imports: [TrackingTestingModule.forRoot({ clock, ids: fixedIds() })],
      controllers: [EnrolmentController],
      providers: [EnrolmentService],
    }).compile();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await module.close();
  });

  it('has the events of a service in a module that is compiled and not started', () => {
    vi.useFakeTimers();
    module.get(EnrolmentService).enrol('DemoX');

    expect(module).toHaveTracked('enrolment.activated', { enrolment: { id: expect.any(Number) } }, { course_id: 'DemoX' });
    expect(events(module)).toHaveTrackedInOrder(['message.queued', /^enrolment/]);
    expect(module).toHaveTrackedOnly(['enrolment.activated', expect.stringContaining('message')]);
    expect(module).toHaveTrackedTimes('message.queued', 1, expect.objectContaining({ template: 'welcome' }));
    expect(module).not.toHaveTracked('enrolment.activated', { enrolment: { id: 2 } });
    expect(module).toHaveDroppedNothing();
    expect(events(module).map(({ id }) => id.slice(-1))).toEqual(['1', '2']);
  });

  it('shows the nearest event with a diff', () => {
    vi.useFakeTimers();
    module.get(EnrolmentService).enrol('DemoX');

    const text = failure(() => { expect(module).toHaveTracked('message.queued', { template: 'bye', channel: 'email' }); });
    expect(text).toContain('expect(events).toHaveTracked("message.queued", data)');
    expect(text).toContain('1 event is called "message.queued", but none matches. The nearest is:');
    expect(text).toMatch(/- +"channel": "email",\\n- +"template": "bye",\\n\\+ +"template": "welcome",/);
    expect(failure(() => { expect(module).not.toHaveTracked('message.queued'); })).toContain('Expected no such event, but found');
  });

  it('waits for an event under faked timers, and not for ever', async () => {
    vi.useFakeTimers();
    module.get(EnrolmentService).enrol('DemoX');
    const waiting = waitForEvent(module, 'reminder.sent');
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect((await waiting).data).toEqual({ course_id: 'DemoX' });
    await expect(waitForEvent(module, 'never', undefined, { timeoutMs: 10 })).rejects.toThrow('3. reminder.sent');
  });

  it('reads a whole application over HTTP', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const app: INestApplication = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    try {
      const response = await fetch(new URL('/enrolments', await app.getUrl()), { method: 'POST' });
      expect(response.status).toBe(201);
      expect(app).toHaveTracked('enrolment.activated', undefined, { method: 'POST', path: '/enrolments', course_id: 'DemoX' });
    } finally {
      await app.close();
    }
  });

  it('has snapshots that are the same in every run', () => {
    vi.useFakeTimers();
    module.get(EnrolmentService).enrol('DemoX');

    expect(events(module, 'message.queued')).toMatchInlineSnapshot(\`
      [
        {
          "context": {
            "course_id": "DemoX",
          },
          "data": {
            "template": "welcome",
          },
          "id": "[id]",
          "name": "message.queued",
          "timestamp": "[timestamp]",
        },
      ]
    \`);
  });

  it('resolves promises, and refuses what is no name, at compile time too', async () => {
    await expect(Promise.resolve(events(module))).resolves.not.toHaveTracked('a');
    // @ts-expect-error a number is no name
    expect(() => { expect(module).toHaveTracked(1); }).toThrow('the name is 1');
  });
});
`,
};

function run(title, command, ...args) {
  console.log(`\n── ${title}`);
  const { status, stdout } = spawnSync(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  process.stdout.write(stdout ?? '');
  return { ok: status === 0, said: stdout ?? '' };
}

function check() {
  if (!existsSync(join(root, 'dist/entries/testing.js'))) {
    console.error('dist/ is missing: run `npm run build` first.');
    return false;
  }
  const packed = run('npm pack', 'npm', 'pack', root, '--ignore-scripts', '--silent');
  if (!packed.ok) return false;
  const library = `file:./${packed.said.trim().split('\n').at(-1)}`;
  const manifest = {
    name: 'vitest-check',
    private: true,
    type: 'module',
    dependencies: { ...packages, [name]: library },
  };
  for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  if (!run('npm install', 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error').ok) return false;
  const bin = (tool) => join(folder, 'node_modules/.bin', tool);
  const types = run('Types of the tests', bin('tsc'), '--skipLibCheck');
  // Those of other packages are not ours to judge.
  const { said } = run('Types of the package itself', bin('tsc'), '--skipLibCheck', 'false', '--pretty', 'false');
  const ours = said.split('\n').filter((line) => line.startsWith(`node_modules/${name}/`));
  const tests = run('Vitest', bin('vitest'), 'run', '--no-color');
  return types.ok && ours.length === 0 && tests.ok;
}

const ok = check();
rmSync(folder, { recursive: true, force: true });
console.log(ok ? '\nThe test kit works under Vitest.' : '\nFAILED');
process.exitCode = ok ? 0 : 1;
