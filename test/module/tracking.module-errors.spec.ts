import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackingModule,
  type Backend,
} from '../../src/entries';
import { start } from '../support/start';
import { ToldBackend, errorsOf } from './tracking-module-parts';

describe('A configuration with errors', () => {
  it('is reported at once, each error with its place and its fix, before anything has started', async () => {
    const onModuleInit = jest.fn();
    class Good implements Backend {
      onModuleInit = onModuleInit;
      send(): void {}
    }
    const errors = await errorsOf({
      limits: { maxDepth: 0 },
      processors: [processor(RegexFilter, { filterType: 'allow' as never, regularExpressions: [] }), 5],
      backends: {
        good: backend(Good),
        'bad name': backend(MemoryBackend),
        count: backend(MemoryBackend, { maxEvents: 0 }),
        log: backend(LoggerBackend, { path: 'x.log', level: 'info', maxEventBytes: -1 }),
        nested: backend(RoutingBackend, {}, { backends: { leaf: 'no backend' as never } }),
        failing: backend(MemoryBackend, {
          useFactory: () => {
            throw new Error('LRS_URL is missing');
          },
        }),
      },
    });

    expect(errors.map(({ path }) => path)).toEqual([
      'backends.count (MemoryBackend)',
      'backends.failing (MemoryBackend)',
      'backends.log (LoggerBackend)',
      'backends.log (LoggerBackend)',
      'backends.nested.backends.leaf',
      'backends["bad name"] (MemoryBackend)',
      'limits.maxDepth',
      'processors[0] (RegexFilter)',
      'processors[1]',
    ]);
    expect(errors.every(({ what, fix }) => what !== '' && fix !== '')).toBe(true);
    expect(onModuleInit).not.toHaveBeenCalled();
  });

  it('is reported as a numbered list that you can work through', async () => {
    const error: unknown = await start(
      TrackingModule.forRoot({
        backends: {
          log: backend(LoggerBackend, { path: 'a', logger: true }),
          memory: backend(MemoryBackend, { maxEvents: 0.5 }),
        },
      }),
    ).catch((reason: unknown) => reason);

    expect((error as Error).message).toMatchInlineSnapshot(`
"2 errors in the tracking configuration.
  1. backends.log (LoggerBackend): path and logger are set, but lines go to one place.
     Fix: use a backend for each
  2. backends.memory (MemoryBackend): maxEvents is 0.5; expected a whole number, at least 1.
     Fix: leave it out (1000), or backend(MemoryBackend, { maxEvents: 100 })"
`);
  });

  it.each([
    ['backends that are no object', { backends: [backend(MemoryBackend)] }, 'backends'],
    ['processors that are no list', { processors: (event: unknown) => event }, 'processors'],
    [
      'a class without send and sendBatch',
      { backends: { a: backend(class Nothing {} as never) } },
      'neither a send nor a sendBatch method',
    ],
    [
      'an async send',
      {
        backends: {
          a: backend(
            class Async {
              async send() {
                await Promise.resolve();
              }
            } as never,
          ),
        },
      },
      'async',
    ],
    [
      'an async processor',
      {
        processors: [
          async () => {
            await Promise.resolve();
          },
        ],
      },
      'async',
    ],
    ['a class without process', { processors: [class Nothing {}] }, 'no process method'],
    [
      'a backend with children that cannot have any',
      { backends: { a: backend(MemoryBackend, {}, { backends: { b: backend(MemoryBackend) } }) } },
      'is not a routing backend',
    ],
    [
      'options in the wrong argument',
      { backends: { a: backend(MemoryBackend, {}, { maxEvents: 5 } as never) } },
      'unknown field "maxEvents"',
    ],
    ['an onError that is none', { processors: [processor(() => null, { onError: 'ignore' as never })] }, 'onError'],
    ['enabled as a text', { enabled: 'false' }, 'enabled'],
    ['a clock that is a time', { clock: 5 }, 'clock'],
    ['imports that are no list', { imports: {} }, 'imports'],
  ])('causes an error that names %s', async (_what, options, text) => {
    const errors = await errorsOf(options);
    expect(errors.map(({ path, what }) => `${path} ${what}`).join('\n')).toContain(text);
  });

  it('causes an error that names a dependency that Nest cannot resolve, with the node that needs it', async () => {
    const [fault] = await errorsOf({ backends: { told: backend(ToldBackend, { mark: 'a' }) } });
    expect(fault).toMatchObject({
      path: 'backends.told (ToldBackend)',
      what: expect.stringContaining('Greeting'),
      fix: expect.stringContaining('imports'),
    });
  });

  it('causes an error that names a dependency with the scope of a request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class OfTheRequest {}
    @Module({ providers: [OfTheRequest], exports: [OfTheRequest] })
    class RequestModule {}
    @Injectable()
    class Leaf implements Backend {
      constructor(@Inject(OfTheRequest) readonly request: OfTheRequest) {}
      send(): void {}
    }
    const [fault] = await errorsOf({ backends: { leaf: backend(Leaf, undefined, { imports: [RequestModule] }) } });
    expect(fault).toMatchObject({ path: 'backends.leaf (Leaf)', what: expect.stringContaining('OfTheRequest') });
  });

  it('causes an error that names a tree without an end', async () => {
    const backends: Record<string, ReturnType<typeof backend>> = {};
    const inner = backend(RoutingBackend, {}, { backends });
    backends['again'] = inner;
    const errors = await errorsOf({ backends: { inner } });
    expect(errors[0]?.what).toContain('contains itself');
  });
});
