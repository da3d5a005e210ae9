import { mongo } from 'mongoose';
import { StoredEvents } from '../../../src/backends/mongo/stored-events';
import { describeWithServices } from '../../support/services';
import { ownDatabase } from './support';

const { Binary, Long, ObjectId } = mongo;
const FIELDS = { name: 'a', timestamp: new Date(0), context: {}, data: {} };

describeWithServices(['mongo'], 'StoredEvents', ({ mongo: url }) => {
  async function filled(ids: readonly unknown[]): Promise<{ events: StoredEvents; remove: (id: unknown) => unknown }> {
    const database = ownDatabase(url);
    const collection = await database.collection();
    await collection.insertMany(ids.map((_id) => ({ _id, ...FIELDS })) as never);
    const events = await StoredEvents.open(database.url, 'events');
    opened.push(events);
    return { events, remove: (id) => collection.deleteOne({ _id: id as never }) };
  }

  const opened: StoredEvents[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));

  async function idsOf(events: StoredEvents, position?: string): Promise<unknown[]> {
    const ids: unknown[] = [];
    for await (const { event, id } of events.read(position)) {
      expect(event).toMatchObject({ ...FIELDS, id: String(id) });
      ids.push(id);
    }
    return ids;
  }

  it('continues behind each event, whatever kinds of ids there are, also when it was removed', async () => {
    const ids = [
      ...[-1, 2.5, 7, Long.fromString('9007199254740993'), '', 'a', 'b', { of: 1 }, { of: 2 }],
      ...[new Binary(Buffer.from('a')), new Binary(Buffer.from('b')), new ObjectId('0'.repeat(24)), new ObjectId()],
      ...[false, true, new Date(0), new Date(1)],
    ];
    const { events, remove } = await filled([...ids].reverse());
    const sorted = await idsOf(events);
    expect(sorted).toHaveLength(ids.length);
    const texts = sorted.map((id) => StoredEvents.positionOf(id));
    for (const [at, position] of texts.entries()) {
      await remove(sorted[at]);
      expect((await idsOf(events, position)).map((id) => StoredEvents.positionOf(id))).toEqual(texts.slice(at + 1));
    }
  });
});
