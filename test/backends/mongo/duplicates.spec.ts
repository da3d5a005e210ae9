import { deliveredBefore } from '../../../src/backends/mongo/duplicates';

type Collection = Parameters<typeof deliveredBefore>[0];

/** A collection with some documents and indexes, which records what it is asked. */
class FakeCollection {
  readonly asked: unknown[] = [];

  constructor(
    private readonly ids: readonly string[],
    private readonly list: readonly { name: string; unique?: boolean }[] = [{ name: '_id_', unique: true }],
  ) {}

  indexes(): Promise<unknown> {
    this.asked.push('indexes');
    return Promise.resolve(this.list);
  }

  find(filter: { _id: { $in: readonly string[] } }, { readPreference }: { readPreference: string }): object {
    this.asked.push(readPreference);
    const found = this.ids.filter((id) => filter._id.$in.includes(id)).map((_id) => ({ _id }));
    return { toArray: () => Promise.resolve(found) };
  }
}

const byId = (id: string) => ({ id, message: 'E11000 duplicate key error collection: db.events index: _id_ dup key' });
const byOther = (id: string) => ({
  id,
  message: 'E11000 duplicate key error collection: db.events index: by_user dup',
});
const unnamed = (id: string) => ({ id, message: 'duplicate key' });

async function ask(collection: FakeCollection, ...keys: { id: string; message: string }[]): Promise<string[]> {
  return [...(await deliveredBefore(collection as unknown as Collection, keys))];
}

describe('deliveredBefore', () => {
  it('believes a conflict on _id without asking the server', async () => {
    const collection = new FakeCollection([]);
    expect(await ask(collection, byId('a'), byId('b'))).toEqual(['a', 'b']);
    expect(collection.asked).toEqual([]);
  });

  it('asks the primary which events it has after a conflict on another index', async () => {
    const collection = new FakeCollection(['b']);
    expect(await ask(collection, byId('a'), byOther('b'), byOther('c'))).toEqual(['a', 'b']);
    expect(collection.asked).toEqual(['primary']);
  });

  it('believes a conflict without an index name if only _id is unique', async () => {
    const collection = new FakeCollection([], [{ name: '_id_', unique: true }, { name: 'by_time' }]);
    expect(await ask(collection, unnamed('a'))).toEqual(['a']);
    expect(collection.asked).toEqual(['indexes']);
  });

  it('asks for the events themselves if another index is unique', async () => {
    const collection = new FakeCollection(['a'], [{ name: 'by_user', unique: true }]);
    expect(await ask(collection, unnamed('a'), unnamed('b'))).toEqual(['a']);
    expect(collection.asked).toEqual(['indexes', 'primary']);
  });
});
