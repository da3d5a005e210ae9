import { MongoClient } from 'mongodb';
import { describeWithServices } from '../../test/support/services';
import type { RunningSample } from './support/running-sample';

describeWithServices(['mongo'], 'With MONGO_URL', ({ mongo }) => {
  const name = `sample_${String(process.pid)}`;
  let before: string | undefined;

  beforeEach(() => {
    before = process.env.MONGO_URL;
    process.env.MONGO_URL = `${mongo.replace(/\/+$/, '')}/${name}`;
    jest.resetModules(); // the tree is built when its file is loaded
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.MONGO_URL;
    else process.env.MONGO_URL = before;
    const client = await new MongoClient(mongo).connect();
    await client.db(name).dropDatabase();
    await client.close();
  });

  it('the sample stores its events in the collection, with the same ids as in the log', async () => {
    const sample = await jest
      .requireActual<{ RunningSample: typeof RunningSample }>('./support/running-sample')
      .RunningSample.start();
    await sample.post('/courses/course-v1:edX+DemoX+2026/enrollment', { mode: 'audit' });
    const tracked = sample.tracked();
    await sample.close();
    const client = await new MongoClient(mongo).connect();
    const documents = await client.db(name).collection('events').find().sort({ _id: 1 }).toArray();
    await client.close();
    expect(documents.map(({ _id }) => String(_id))).toEqual(tracked.map(({ id }) => id).sort());
    expect(documents[0]).toMatchObject({ name: tracked[0]?.name, timestamp: tracked[0]?.timestamp });
  });
});
