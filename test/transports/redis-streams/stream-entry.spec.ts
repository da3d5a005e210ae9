import { codec } from '../../../src/transports/redis-streams/peers';
import { entriesOf, entriesOfStream, StreamEntry } from '../../../src/transports/redis-streams/stream-entry';

const LOG = { name: 'e', timestamp: '2026-11-24T08:00:00+00:00', data: '{"a": 1}', context: '{}' };
const ID = '0190a6f0-0000-7000-8000-000000000001';
const TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';

/** An entry with these fields, at the position `1-0` of the stream `s` unless given. */
function entryOf(fields: Record<string, string | Buffer>, id = '1-0', key = 's'): StreamEntry {
  const flat = Object.entries(fields).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value as string)]);
  return new StreamEntry(key, id, flat);
}
const written = (more: Record<string, string> = {}): Record<string, string | Buffer> => ({
  ...{ type: TYPE, event_data: codec.encode(LOG) },
  ...more,
});

describe('StreamEntry', () => {
  it('reads the event under the id that its producer gave it', () => {
    expect(entryOf(written({ id: ID })).decode()).toMatchObject({ id: ID, name: 'e', data: { a: 1 } });
  });

  it('derives the same id at each reading of an entry without a UUID, and another for each entry', () => {
    const ids = [
      entryOf(written()),
      entryOf(written({ id: 'none' })),
      entryOf(written(), '2-0'),
      entryOf(written(), '1-0', 'other'),
    ].map((entry) => entry.decode().id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    ['without a type', { event_data: 'x' }, 'it has no type or no event_data'],
    ['without data', { type: TYPE }, 'it has no type or no event_data'],
    ['of another type', { type: 'other.v1', event_data: 'x' }, `its type is "other.v1", not ${TYPE}`],
  ])('refuses an entry %s', (_, fields, message) => {
    expect(() => entryOf(fields).decode()).toThrow(message);
  });

  it('keeps its fields as they were received, with their size', () => {
    const entry = entryOf({ a: 'é', b: '' });
    expect([entry.position, entry.bytes, entry.raw.toString()]).toEqual([
      's:1-0',
      4,
      '*4\r\n$1\r\na\r\n$2\r\né\r\n$1\r\nb\r\n$0\r\n\r\n',
    ]);
  });
});

describe('entriesOf', () => {
  it('returns the entries of all streams, and none for an empty reply', () => {
    const fields = [Buffer.from('type'), Buffer.from('x')];
    const found = entriesOf([
      [Buffer.from('a'), [[Buffer.from('1-0'), fields]]],
      [Buffer.from('b'), [[Buffer.from('2-0'), fields]]],
    ]);
    expect([found.map(({ position }) => position), entriesOf(null)]).toEqual([['a:1-0', 'b:2-0'], []]);
  });

  it('passes over entries that were deleted', () => {
    expect(entriesOfStream('s', [null, [Buffer.from('1-0'), null]])).toEqual([]);
  });
});
