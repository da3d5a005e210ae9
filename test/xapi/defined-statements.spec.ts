import {
  AsyncRoutingBackend,
  backend,
  defineEvent,
  MemoryBackend,
  processor,
  RenameEvent,
  TrackerService,
  TrackingDeadLetters,
  TrackingModule,
  type DeliveryOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { Test } from '@nestjs/testing';
import { XapiBackend, type XapiBackendOptions } from 'nestjs-event-tracking/xapi';
import { z } from 'zod';
import { eventually } from '../support/eventually';
import { closeLater, expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';
import { TestLrs } from './test-lrs';

const QUICK: DeliveryOptions = { batch: { maxEvents: 8, maxWaitMs: 5 }, retry: { minDelayMs: 1, maxDelayMs: 5 } };
const READ = 'https://verbs.example/read';

const PageRead = defineEvent('page.read', {
  data: z.object({ page: z.string() }),
  xapi: {
    verb: { id: READ },
    object: { id: 'urn:page:{data.page}' },
    result: {
      response: ({ data: { page } }) => {
        if (page === 'p3') throw new RangeError('p3');
        return page === 'p5' ? (5 as never) : page;
      },
    },
  },
});

let lrs: TestLrs;
beforeEach(async () => {
  lrs = await TestLrs.listen();
});
afterEach(() => lrs.close());

const lrsBackend = (options: Partial<XapiBackendOptions> = {}) =>
  backend(
    XapiBackend,
    { url: lrs.url, rootUrl: 'https://school.example', ids: 'event', ...options },
    { delivery: QUICK },
  );

const started = (options: TrackingModuleOptions): Promise<BuiltTracking> => startTracking(options);

function emit({ tracker }: Pick<BuiltTracking, 'tracker'>, count: number): void {
  tracker.context({ user_id: 'ada' }, () => {
    for (let n = 0; n < count; n++) tracker.emit('page.read', { page: `p${n}` });
  });
}

const objects = (): readonly string[] => [...lrs.stored.values()].map(({ object }) => object.id);
const stored = (count: number) => eventually(() => expect(objects()).toHaveLength(count));

describe('XapiBackend', () => {
  it('sends the statements of the definitions in the catalog of its tracker', async () => {
    const run = await started({ catalog: [PageRead], backends: { lrs: lrsBackend() } });
    emit(run, 2);
    await stored(2);
    expect(objects()).toEqual(['urn:page:p0', 'urn:page:p1']);
    expectBalance(run.ledger);
  });

  it('finds the catalog behind a queue, and after options that a factory made', async () => {
    const factory = { useFactory: () => ({ url: lrs.url, rootUrl: 'https://school.example', ids: 'event' as const }) };
    const run = await started({
      catalog: [PageRead],
      backends: {
        queue: backend(
          AsyncRoutingBackend,
          {},
          { backends: { lrs: backend(XapiBackend, factory, { delivery: QUICK }) } },
        ),
      },
    });
    emit(run, 1);
    await stored(1);
  });

  it('uses the catalog of its own tracker if the application has several, in any order', async () => {
    const Other = defineEvent('page.read', { xapi: { verb: { id: READ }, object: { id: 'urn:other' } } });
    const module = await Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({ name: 'first', catalog: [Other], backends: { lrs: lrsBackend() } }),
        TrackingModule.forRootAsync({ useFactory: () => ({ catalog: [PageRead] }), backends: { lrs: lrsBackend() } }),
        TrackingModule.forRoot({ name: 'without', backends: { lrs: lrsBackend() } }),
      ],
    }).compile();
    const app = closeLater(module);
    await app.init();
    emit({ tracker: app.get(TrackerService) }, 1);
    await stored(1);
    expect(objects()).toEqual(['urn:page:p0']);
  });

  it('prefers the catalog in its options', async () => {
    const Other = defineEvent('page.read', { xapi: { verb: { id: READ }, object: { id: 'urn:other' } } });
    const run = await started({ catalog: [PageRead], backends: { lrs: lrsBackend({ catalog: [Other] }) } });
    emit(run, 1);
    await stored(1);
    expect(objects()).toEqual(['urn:other']);
  });

  it('goes by the name that an event has when it arrives', async () => {
    const rename = processor(RenameEvent, { names: { 'page.opened': 'page.read' } });
    const run = await started({ catalog: [PageRead], processors: [rename], backends: { lrs: lrsBackend() } });
    run.tracker.context({ user_id: 1 }, () => run.tracker.emit('page.opened', { page: 'a' }));
    await stored(1);
    expect(objects()).toEqual(['urn:page:a']);
  });

  it('makes only the events dead letters whose functions throw or return nonsense', async () => {
    const run = await started({ catalog: [PageRead], backends: { lrs: lrsBackend() } });
    emit(run, 8);
    await eventually(() =>
      expect(run.ledger.destination('lrs')).toMatchObject({ delivered: 6, deadLettered: 2, pending: 0 }),
    );
    expect(objects()).toEqual(['p0', 'p1', 'p2', 'p4', 'p6', 'p7'].map((page) => `urn:page:${page}`));
    const letters = run.app.get(TrackingDeadLetters).list();
    expect(letters.map(({ reason }) => reason)).toEqual([
      'refused: No xAPI statement for "page.read": xapi.result.response() of its definition threw RangeError.',
      'refused: No xAPI statement for "page.read": xapi.result.response() of its definition returned a number; expected a string that is not empty.',
    ]);
    expectBalance(run.ledger);
  });

  it('drops events whose definition has no statement before they are queued', async () => {
    const run = await started({ catalog: [defineEvent('page.read')], backends: { lrs: lrsBackend() } });
    emit(run, 1);
    await run.tracker.flush();
    expect(run.ledger.node('lrs')?.dropped).toEqual({ 'no-statement': 1 });
  });

  it('gives the functions of definitions a copy of the event, which they may change', async () => {
    const Changing = defineEvent('page.read', {
      xapi: {
        verb: { id: READ },
        object: ({ data }) => {
          Object.assign(data, { page: 'changed' });
          return { id: 'urn:1' };
        },
      },
    });
    const run = await started({
      catalog: [Changing],
      backends: { lrs: lrsBackend(), sink: backend(MemoryBackend) },
    });
    emit(run, 1);
    await stored(1);
    expect(run.last().data).toEqual({ page: 'p0' });
  });
});
