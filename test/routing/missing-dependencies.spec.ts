import { Inject, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import {
  backend,
  HttpBackend,
  LoggerBackend,
  MemoryBackend,
  processor,
  Redact,
  TrackerService,
  TrackingConfigException,
  TrackingModule,
} from '../../src/entries';
import { SegmentBackend } from '../../src/entries/segment';
import { start } from '../support/start';

type Imports = Parameters<typeof start>;

/** Starts the application, and returns its errors as lines. */
async function linesOf(...imports: Imports): Promise<string[]> {
  const error: unknown = await start(...imports).catch((reason: unknown) => reason);
  if (!(error instanceof TrackingConfigException)) throw new Error('it started, or failed otherwise', { cause: error });
  return error.errors.map(({ path, what, fix }) => `${path}: ${what} Fix: ${fix}`);
}

const fromConfig = {
  inject: [ConfigService] as const,
  useFactory: (config: ConfigService) => ({ maxEvents: Number(config.get('PORT_OF_NOTHING', '7')) }),
};

@Injectable()
class Names {
  readonly all = ['one'];
}
@Module({ providers: [Names], exports: [Names] })
class InnerModule {}
@Module({ imports: [InnerModule], exports: [InnerModule] })
class OuterModule {}
@Module({ imports: [InnerModule] })
class ClosedModule {}

const fromNames = { inject: [Names] as const, useFactory: ({ all }: Names) => ({ maxEvents: all.length }) };

describe('A factory that injects what no module gives', () => {
  it('is an error that names the dependency and the imports of the node', async () => {
    const tree = TrackingModule.forRoot({
      processors: [processor(Redact, { inject: ['KEYS'] as const, useFactory: (_keys: unknown) => ({ keys: ['a'] }) })],
      backends: { memory: backend(MemoryBackend, fromConfig) },
    });
    expect(await linesOf(ConfigModule.forRoot(), tree)).toEqual([
      'backends.memory (MemoryBackend): its factory injects ConfigService, which no module gives to it. ' +
        "Fix: add the module that exports ConfigService to this node's imports: { imports: [ConfigModule] }, " +
        'or use ConfigModule.forRoot({ isGlobal: true })',
      'processors[0] (Redact): its factory injects KEYS, which no module gives to it. ' +
        "Fix: add the module that exports KEYS to this node's imports",
    ]);
  });

  it('is an error for the factory of forRootAsync too', async () => {
    const tree = TrackingModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({ enabled: config.get('X') !== 'no' }),
      backends: { memory: backend(MemoryBackend) },
    });
    expect(await linesOf(ConfigModule.forRoot(), tree)).toEqual([
      expect.stringMatching(
        /^forRootAsync: its factory injects ConfigService.*ConfigService to its imports: \{ imports/,
      ),
    ]);
  });

  it('is an error if a module in between does not export the module that has it', async () => {
    const tree = TrackingModule.forRoot({
      backends: { memory: backend(MemoryBackend, fromNames, { imports: [ClosedModule] }) },
    });
    expect(await linesOf(tree)).toEqual([expect.stringContaining('injects Names, which no module gives')]);
  });

  it.each<[string, Imports]>([
    [
      'the imports of the node',
      [TrackingModule.forRoot({ backends: { m: backend(MemoryBackend, fromNames, { imports: [InnerModule] }) } })],
    ],
    [
      'a module that exports another',
      [TrackingModule.forRoot({ backends: { m: backend(MemoryBackend, fromNames, { imports: [OuterModule] }) } })],
    ],
    [
      'a global module',
      [
        ConfigModule.forRoot({ isGlobal: true }),
        TrackingModule.forRoot({ backends: { m: backend(MemoryBackend, fromConfig) } }),
      ],
    ],
  ])('starts if the dependency comes from %s', async (_from, imports) => {
    const app = await start(...imports);
    app.get(TrackerService).emit('event');
    expect(app.get(TrackerService).backend<MemoryBackend>('m').events()).toHaveLength(1);
  });

  it('gets undefined for an optional dependency that is missing, and for a provider that is undefined', async () => {
    const given: unknown[][] = [];
    @Module({ providers: [{ provide: 'NOTHING', useValue: undefined }], exports: ['NOTHING'] })
    class NothingModule {}
    const useFactory = (...all: unknown[]): { maxEvents: number } => {
      given.push(all);
      return { maxEvents: 5 };
    };
    const inject = ['NOTHING', { token: 'ABSENT', optional: true }] as const;
    const node = backend(MemoryBackend, { inject, useFactory }, { imports: [NothingModule] });
    await start(
      TrackingModule.forRootAsync({
        imports: [NothingModule],
        inject,
        useFactory: (...all: unknown[]) => {
          given.push(all);
          return {};
        },
        backends: { node },
      }),
    );
    expect(given).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('shows the error of a dependency that cannot be built', async () => {
    @Injectable()
    class Broken {
      constructor(@Inject('ABSENT') readonly absent: unknown) {}
    }
    @Module({ providers: [Broken], exports: [Broken] })
    class BrokenModule {}
    const node = backend(
      MemoryBackend,
      { inject: [Broken], useFactory: (_broken: Broken) => ({}) },
      { imports: [BrokenModule] },
    );
    await expect(start(TrackingModule.forRoot({ backends: { node } }))).rejects.toThrow('dependencies of the Broken');
  });
});

describe('A required option that is undefined', () => {
  const url = process.env['NO_SUCH_URL_IS_SET'] as string;

  it('has a fix for a value of process.env, which ConfigModule had not loaded yet', async () => {
    const tree = TrackingModule.forRoot({ backends: { lrs: backend(HttpBackend, { url }) } });
    expect(await linesOf(tree)).toEqual([
      'backends.lrs (HttpBackend): url is undefined; expected a URL that begins with "http://" or "https://". ' +
        "Fix: backend(HttpBackend, { url: 'https://lrs.example/statements' }). " +
        'If the value comes from process.env, it was read before ConfigModule loaded .env. Read it at the start: ' +
        "{ inject: [ConfigService], useFactory: (config: ConfigService) => ({ ...: config.getOrThrow('NAME') }) }",
    ]);
  });

  it('has another fix if a factory returned it', async () => {
    const lrs = backend(HttpBackend, { useFactory: () => ({ url }) });
    expect(await linesOf(TrackingModule.forRoot({ backends: { lrs } }))).toEqual([
      expect.stringMatching(/url is undefined; .*If the value comes from ConfigService, use getOrThrow, which names/),
    ]);
  });

  it('has it for the options of the module, and for the directory of a durable delivery', async () => {
    const lrs = backend(HttpBackend, { url: 'http://localhost:1/x' }, { delivery: { durable: true } });
    const tree = TrackingModule.forRoot({
      delivery: { directory: process.env['NO_SUCH_DIRECTORY_IS_SET'] },
      requestContext: { hash: { fields: ['ip'], key: url } },
      backends: { lrs, log: backend(LoggerBackend, { path: 'never-written.log' }) },
    });
    expect(await linesOf(tree)).toEqual([
      expect.stringMatching(/^backends\.lrs \(HttpBackend\): delivery\.directory is undefined; .*process\.env, it was/),
      expect.stringMatching(/^requestContext\.hash\.key: it is undefined; .*process\.env, it was read before/),
    ]);
  });

  it('has it too if one of several options is required', async () => {
    const segment = backend(SegmentBackend, { writeKey: url });
    const absent = backend(SegmentBackend, {});
    expect(await linesOf(TrackingModule.forRoot({ backends: { absent, segment } }))).toEqual([
      expect.stringMatching(/writeKey and client are missing; (?!.*ConfigModule)/),
      expect.stringMatching(/writeKey and client are missing; .*process\.env, it was read before ConfigModule/),
    ]);
  });

  it('has none if the option is left out', async () => {
    const tree = TrackingModule.forRoot({ backends: { lrs: backend(HttpBackend, {} as { url: string }) } });
    expect(await linesOf(tree)).toEqual([expect.stringMatching(/url is missing; (?!.*process\.env)/)]);
  });
});
