import fc from 'fast-check';
import { fromPg, PostgresBackend } from 'nestjs-event-tracking/postgres';
import { backend, MemoryBackend, processor, type IdentifiedEvent, type TrackingEvent } from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { ownSchema, type OwnSchema } from './support';

/** A number that jsonb gives back as it was: it has no negative zero. */
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((value) => value + 0);
/** Text that jsonb takes. */
const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((value) => !value.includes('\0'));
const { fields } = fc.letrec<{ value: unknown; fields: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    ...[
      text,
      number,
      fc.boolean(),
      fc.constant(null),
      fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
    ],
    fc.array(tie('value'), { maxLength: 3 }),
    tie('fields'),
  ),
  fields: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
}));
/** What a processor of the application does to an event. */
const change = fc.constantFrom<(event: TrackingEvent) => unknown>(
  () => undefined,
  (event) => ({ ...event, data: { replaced: event.data } }),
  (event) => ({ ...event, context: { only: 1 } }),
  (event) => ({ ...event, timestamp: new Date(86_400_000) }),
  (event) => ({ ...event, name: 'renamed "event"' }),
  (event) => ({ ...event, extra: { of: 'the event' }, schema: { hash: 'abc' } }),
  (event) => void (event.data['changed'] = true),
);

describeWithServices(['postgres'], 'The rows of a PostgresBackend', ({ postgres }) => {
  let schema: OwnSchema;
  beforeEach(() => {
    schema = ownSchema(postgres);
  });

  async function settled({ ledger }: BuiltTracking): Promise<void> {
    await until(() => ledger.destination('rows')?.pending === 0);
  }

  const options = (): object => ({ client: fromPg(schema.pool), schema: schema.name, ensureTable: true });
  const rows = (): ReturnType<OwnSchema['query']> =>
    schema.query(
      `SELECT id, name, occurred_at, context, data, extra FROM ${schema.name}.tracking_events ORDER BY received_at, id`,
    );

  function rowOf({ id, name, timestamp, context, data, ...extra }: IdentifiedEvent): object {
    const json = JSON.parse(JSON.stringify({ context, data, extra })) as object;
    return { id, name, occurred_at: timestamp, ...json, ...(Object.keys(extra).length === 0 ? { extra: null } : {}) };
  }

  it('equal the events that other backends receive, whatever processors make of them', async () => {
    let next: (event: TrackingEvent) => unknown = () => undefined;
    const run = await startTracking({
      processors: [processor((event: TrackingEvent) => next(event) as TrackingEvent)],
      backends: { rows: backend(PostgresBackend, options()), memory: backend(MemoryBackend) },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fields, fields, change), { minLength: 1, maxLength: 20 }), async (cases) => {
        const memory = run.tracker.backend<MemoryBackend>('memory');
        memory.clear();
        for (const [context, data, changed] of cases) {
          next = changed;
          run.tracker.context(context, () => {
            run.tracker.emit('any', data);
          });
        }
        await run.tracker.flush();
        await settled(run);
        const events = memory.events();
        const stored = new Map((await rows()).map((row) => [row['id'], row]));
        expect(events).toHaveLength(cases.length);
        for (const event of events) expect(stored.get(event.id)).toEqual(rowOf(event));
      }),
      { numRuns: 30 },
    );
    expect(run.ledger.destination('rows')).toMatchObject({ deadLettered: 0 });
  });

  it('hold the data of the moment of the emit', async () => {
    const run = await startTracking({ backends: { rows: backend(PostgresBackend, options()) } });
    const data = { list: [1], at: 'first' };
    run.tracker.emit('one', data);
    data.list.push(2);
    data.at = 'later';
    await settled(run);
    expect(await rows()).toMatchObject([{ data: { list: [1], at: 'first' } }]);
  });

  it('come from sendBatch if a subclass replaces it', async () => {
    class Anonymous extends PostgresBackend {
      override sendBatch(
        events: readonly IdentifiedEvent[],
        signal: AbortSignal,
      ): ReturnType<PostgresBackend['sendBatch']> {
        return super.sendBatch(
          events.map((event) => ({ ...event, context: { was: Object.keys(event.context) } })),
          signal,
        );
      }
    }
    const run = await startTracking({ backends: { rows: backend(Anonymous, options()) } });
    run.tracker.context({ user_id: 5 }, () => {
      run.tracker.emit('one', { n: 1 });
    });
    await settled(run);
    expect(await rows()).toMatchObject([{ name: 'one', context: { was: ['user_id'] }, data: { n: 1 } }]);
  });

  it('are missing only for events whose timestamp a processor replaced with another value', async () => {
    const run = await startTracking({
      processors: [
        processor((event: TrackingEvent) =>
          event.name === 'bad' ? ({ ...event, timestamp: 'noon' } as unknown as TrackingEvent) : event,
        ),
      ],
      backends: { rows: backend(PostgresBackend, options()) },
    });
    for (const name of ['one', 'bad', 'two']) run.tracker.emit(name, {});
    await settled(run);
    expect((await rows()).map(({ name }) => name).sort()).toEqual(['one', 'two']);
    expect(run.tracker.deadLetters.list()).toMatchObject([
      { reason: 'refused: its timestamp is not a date in the years 1 to 9999' },
    ]);
  });
});
