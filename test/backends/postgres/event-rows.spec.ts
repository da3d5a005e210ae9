import { rowsOf, textFault } from '../../../src/backends/postgres/event-rows';
import { insertSql } from '../../../src/backends/postgres/insert-sql';
import { nextMonth } from '../../../src/backends/postgres/month';
import type { EventRejection } from '../../../src/delivery/destination';
import { QueuedEvent } from '../../../src/delivery/queued-event';
import { Envelope, OwnContext } from '../../../src/event/envelope';
import { Normalizer } from '../../../src/event/normalizer';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';
import { DEFAULT_LIMITS } from '../../../src/event/value-limits';
import { cpuMs, expectWithin } from '../../support/growth';
import { event } from './support';

const normalizer = new Normalizer(DEFAULT_LIMITS);
/** An event of a queue or a bus, in whose data anything can be. */
const carried = (of: IdentifiedEvent): QueuedEvent =>
  QueuedEvent.of(Envelope.carried(of, { length: 100 }, normalizer), 0);
const readBack = (of: IdentifiedEvent): QueuedEvent => QueuedEvent.again(of, { acceptedAt: 0 }, 0);

const faultIn = (text: string): string | undefined => textFault(JSON.stringify({ text }));

describe('textFault', () => {
  it('refuses a zero byte behind any number of backslashes, and no backslash itself', () => {
    for (const count of [0, 1, 2, 3, 4]) {
      const run = '\\'.repeat(count);
      expect(faultIn(`${run}\0`)).toContain('a zero byte');
      expect(faultIn(`${run}u0000`)).toBeUndefined();
    }
  });

  it('looks at a long run of backslashes in time linear in its length', () => {
    expectWithin(1000, () => cpuMs(() => faultIn(`${'\\'.repeat(200_000)} \u0001`)));
  });
});

describe('rowsOf', () => {
  const rowsAndRejections = (...entries: QueuedEvent[]): [ReturnType<typeof rowsOf>, EventRejection[]] => {
    const rejections: EventRejection[] = [];
    return [rowsOf(entries, rejections), rejections];
  };

  it('takes the text that an event has already', () => {
    const { id, name, timestamp, context } = event();
    const facts = {
      id,
      name,
      time: timestamp.getTime(),
      context: new OwnContext(context),
      depth: 0,
      parentId: undefined,
    };
    const envelope = Envelope.of({ ...facts, data: { n: 1 } }, normalizer);
    const entry = QueuedEvent.of(envelope, 0);
    const [[row]] = rowsAndRejections(entry);
    expect(row).toEqual({ index: 0, timestampMs: timestamp.getTime(), text: envelope.text() });
    expect(JSON.parse(envelope.text())).toMatchObject({ id, name, context, data: { n: 1 } });
  });

  it.each([
    ['of a queue', carried],
    ['read back from disk', readBack],
  ])('puts fields that processors added into extra, for an event %s', (_way, entryOf) => {
    const plain = event({ n: 1 });
    const added = { ...event({ n: 2 }), extra: 'of the event', schema: { hash: 'abc' } };
    const [rows, rejections] = rowsAndRejections(entryOf(plain), entryOf(added));
    expect(rows.map(({ text }) => JSON.parse(text) as object)).toEqual([
      JSON.parse(JSON.stringify(plain)),
      JSON.parse(
        JSON.stringify({
          ...event(),
          id: added.id,
          data: { n: 2 },
          extra: { extra: 'of the event', schema: { hash: 'abc' } },
        }),
      ),
    ]);
    expect(rejections).toEqual([]);
  });

  it('rejects an event alone that cannot be written, has no time, or an id that is no UUID', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const [rows, rejections] = rowsAndRejections(
      carried(event()),
      carried(event(loop)),
      carried(event({ n: 1n })),
      carried(event({}, { timestamp: 'noon' as unknown as Date })),
      readBack(event({}, { timestamp: new Date(Number.NaN) })),
      carried(event({}, { id: 'e1' })),
      carried(event()),
    );
    expect(rows.map(({ index }) => index)).toEqual([0, 6]);
    expect(rejections).toEqual(
      [
        [1, 'unreadable: TypeError'],
        [2, 'unreadable: TypeError'],
        [3, 'its timestamp is not a date in the years 1 to 9999'],
        [4, 'its timestamp is not a date in the years 1 to 9999'],
        [5, 'its id is not a UUID, which the column id needs'],
      ].map(([index, reason]) => ({ index, reason, retryable: false })),
    );
  });
});

describe('nextMonth', () => {
  it.each([
    ['2026-11', '2026-12'],
    ['2026-12', '2027-01'],
    ['0024-06', '0024-07'],
    ['9999-12', '10000-01'],
  ])('follows %s by %s', (month, next) => {
    expect(nextMonth(month)).toBe(next);
  });
});

describe('insertSql', () => {
  it('casts to text only for types of characters', () => {
    const castOf = (type: string): string => {
      const sql = insertSql({ columns: { own: { type, from: 'data.own' } } });
      return /'own'\)::([\w ]+?)(?: FROM|[,\n)])/.exec(sql)?.[1] ?? sql;
    };
    expect(['varchar(3)', 'character varying(3)', 'char(2)', 'bpchar', 'charge_status'].map(castOf)).toEqual([
      ...['text', 'text', 'text', 'text'],
      'charge_status',
    ]);
  });
});
