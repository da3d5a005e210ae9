import { Controller, Get, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  backend,
  getTrackerToken,
  MemoryBackend,
  TrackerService,
  TrackEvent,
  TrackingContext,
  TrackingModule,
} from 'nestjs-event-tracking';
import { closeLater, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';

class Auditable {
  @TrackEvent('saved')
  @TrackingContext({ saved: true })
  save(): string {
    return 'saved';
  }

  @TrackEvent('counted')
  static count(): number {
    return 1;
  }
}

/** As the TypeScript handbook does it. */
function applyMixins(derived: { prototype: object }, ...bases: { prototype: object }[]): void {
  for (const { prototype } of bases) {
    for (const key of Object.getOwnPropertyNames(prototype)) {
      if (key === 'constructor') continue;
      Object.defineProperty(derived.prototype, key, Object.getOwnPropertyDescriptor(prototype, key)!);
    }
  }
}

/* eslint-disable @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- as the handbook does */
class Doc {}
interface Doc extends Auditable {}
/* eslint-enable @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type */
applyMixins(Doc, Auditable);
Injectable()(Doc);

const saved = { name: 'saved', context: { saved: true } };
const namesAndContexts = (run: BuiltTracking): object[] => run.events().map(({ name, context }) => ({ name, context }));

describe('A tracked method of an instance that Nest does not inject into', () => {
  it.each<[string, (run: BuiltTracking) => Auditable | Promise<Auditable>]>([
    ['a mixin, made by Nest', ({ app }) => app.get(Doc)],
    ['a mixin, made by a factory', ({ app }) => app.get('DOC')],
    ['one in a list that a factory gives', ({ app }) => app.get<Auditable[]>('LIST')[0]!],
    ['one in an object that is a value', ({ app }) => app.get<{ held: Auditable }>('HELD').held],
    ['one made by a transient factory', ({ app }) => app.resolve<Auditable>('TRANSIENT')],
    ['one made by new', () => new Auditable()],
    ['a mixin made by new', () => new Doc()],
    ['an object that got the method', () => ({ save: Auditable.prototype.save })],
  ])('is tracked: %s', async (_how, find) => {
    const logger = new RecordingLogger();
    const run = await startTracking(
      { logger },
      {
        providers: [
          Doc,
          { provide: 'DOC', useFactory: () => new Doc() },
          { provide: 'LIST', useFactory: () => [new Auditable()] },
          { provide: 'HELD', useValue: { held: new Auditable() } },
          { provide: 'TRANSIENT', scope: Scope.TRANSIENT, useFactory: () => new Auditable() },
        ],
      },
    );
    expect((await find(run)).save()).toBe('saved');
    expect(namesAndContexts(run)).toEqual([saved]);
    expect(logger.warnings).toEqual([]);
  });

  it('is tracked: a static one', async () => {
    const run = await startTracking();
    expect(Auditable.count()).toBe(1);
    expect(run.names()).toEqual(['counted']);
  });

  it('is tracked in a module that is loaded later', async () => {
    @Module({ providers: [Auditable, { provide: 'MADE', useFactory: () => new Auditable() }] })
    class LaterModule {}
    const run = await startTracking();
    const later = await run.app.get(LazyModuleLoader).load(() => LaterModule);
    later.get(Auditable).save();
    later.get<Auditable>('MADE').save();
    expect(namesAndContexts(run)).toEqual([saved, saved]);
  });

  it.each(platforms)('is tracked where a factory makes it for each request, on %s', async (_platform, adapter) => {
    @Controller()
    class DocController {
      constructor(@Inject('DOC') private readonly doc: Doc) {}

      @Get()
      get(): string {
        return this.doc.save();
      }
    }
    const run = await TestCase.of({
      controllers: [DocController],
      providers: [{ provide: 'DOC', scope: Scope.REQUEST, useFactory: () => new Doc() }],
    })
      .on(adapter)
      .as({ userId: 7 })
      .start();
    await run.get('/');
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'saved', context: expect.objectContaining({ user_id: 7, saved: true }) }),
    ]);
  });

  it('does not show that a mixin is tracked', async () => {
    const run = await startTracking({}, { providers: [Doc] });
    expect(Reflect.ownKeys(run.app.get(Doc)).filter((key) => typeof key === 'string')).toEqual([]);
    expect(Object.assign({}, run.app.get(Doc))).toEqual({});
    expect(run.app.get(Doc)).toStrictEqual(new Doc());
  });
});

describe('Where several applications of one process have a tracker of that name', () => {
  it('a method is tracked by that of its instance, or of its flow; else the first call warns, with the fix', async () => {
    const loggers = [new RecordingLogger(), new RecordingLogger()];
    const [one, two] = [
      await startTracking({ logger: loggers[0]! }, { providers: [Doc] }),
      await startTracking({ logger: loggers[1]! }, { providers: [Doc] }),
    ];
    one.app.get(Doc).save();
    two.app.get(Doc).save();
    two.tracker.context({ of: 'two' }, () => new Doc().save());
    expect(loggers.flatMap(({ warnings }) => warnings)).toEqual([]);
    for (let times = 0; times < 3; times++) expect(new Doc().save()).toBe('saved');
    expect(namesAndContexts(one)).toEqual([saved]);
    expect(namesAndContexts(two)).toEqual([saved, { name: 'saved', context: { of: 'two', saved: true } }]);
    for (const { warnings } of loggers) {
      expect(warnings).toEqual([expect.stringMatching(/^@TrackingContext on Doc\.save .* 2 .* "default".* Fix: /)]);
    }
  });

  it('a method of a flow is tracked in the application of that flow', async () => {
    class Audited {
      @TrackEvent('audited', { tracker: 'audit' })
      save(): void {}
    }
    const audit = (): object[] => [
      TrackingModule.forRoot({ name: 'audit', backends: { audit_sink: backend(MemoryBackend) } }),
    ];
    const [one, two] = [
      await startTracking({}, { imports: audit() as never }),
      await startTracking({}, { imports: audit() as never }),
    ];
    two.tracker.context({}, () => new Audited().save());
    const namesIn = (run: BuiltTracking): string[] =>
      run.app
        .get<TrackerService>(getTrackerToken('audit'))
        .backend<MemoryBackend>('audit_sink')
        .events()
        .map(({ name }) => name);
    expect([namesIn(one), namesIn(two)]).toEqual([[], ['audited']]);
  });

  it('a method is tracked again when all but one have closed, and just called when all have', async () => {
    const [one, two] = [await startTracking(), await startTracking()];
    await one.app.close();
    new Auditable().save();
    expect(namesAndContexts(two)).toEqual([saved]);
    await two.app.close();
    expect(new Auditable().save()).toBe('saved');
    expect(namesAndContexts(two)).toEqual([saved]);
  });
});

describe('A tracker that no forRoot has', () => {
  class Misspelt {
    @TrackEvent('paid', { tracker: 'adit' })
    pay(): void {}

    @TrackingContext({ a: 1 }, { tracker: 'adit' })
    refund(): void {}
  }
  class Inherits extends Misspelt {}
  class OfNobody {
    @TrackEvent('made', { tracker: 'zzzzzzzz' })
    static make(): void {}
  }

  const audit = (): object => TrackingModule.forRoot({ name: 'audit', backends: { other: backend(MemoryBackend) } });

  it('is an error at start: every method that asks for it, with the name that may be meant', async () => {
    const starting = startTracking(
      { maxEarlyEvents: -1 },
      { imports: [audit() as never], providers: [Inherits, OfNobody, { provide: 'VALUE', useValue: new Misspelt() }] },
    );
    await expect(starting).rejects.toThrow(
      expect.objectContaining({
        name: 'TrackingConfigException',
        errors: [
          expect.objectContaining({ path: 'Misspelt.pay (@TrackEvent)' }),
          expect.objectContaining({ path: 'Misspelt.refund (@TrackingContext)' }),
          expect.objectContaining({ path: 'OfNobody.make (@TrackEvent)' }),
          expect.objectContaining({ path: 'maxEarlyEvents' }),
        ],
      }),
    );
    const message = await starting.catch(String);
    expect(message).toContain(
      'asks for the tracker "adit", and no forRoot has that name; there is "default", "audit".',
    );
    expect(message).toContain('@TrackEvent(..., { tracker: "audit" })');
  });

  it('is one for what a factory returned, too', async () => {
    const starting = startTracking({}, { providers: [{ provide: 'MADE', useFactory: () => new Inherits() }] });
    await expect(starting).rejects.toThrow('Misspelt.pay (@TrackEvent)');
  });

  it('is one for a default tracker that is not there', async () => {
    const starting = Test.createTestingModule({ imports: [audit() as never], providers: [Auditable] }).compile();
    await expect(starting).rejects.toThrow('Auditable.save (@TrackEvent): it asks for the tracker "default"');
  });

  it('is none where a test puts a stub in its place, or TrackingModule is not there', async () => {
    const stub = { emit: jest.fn() };
    const run = await startTracking(
      {},
      { providers: [Misspelt, { provide: getTrackerToken('adit'), useValue: stub }] },
    );
    run.app.get(Misspelt).pay();
    expect(stub.emit).toHaveBeenCalledWith('paid', undefined);
    const module = await Test.createTestingModule({ providers: [Misspelt] }).compile();
    closeLater(await module.init())
      .get(Misspelt)
      .pay();
  });

  it('is warned of once, at the first call, where it could not be seen at start', async () => {
    const logger = new RecordingLogger();
    const run = await startTracking({ logger });
    for (let times = 0; times < 2; times++) new Misspelt().pay();
    run.tracker.context({}, () => new Misspelt().pay());
    expect(logger.warnings).toEqual([
      expect.stringMatching(/^@TrackEvent on Misspelt\.pay names the tracker "adit".* Fix: .*"default"\.$/),
    ]);
  });
});
