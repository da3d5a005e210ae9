import type { MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import { index, refusal, setUp } from './collection-parts';

describe('A refusal that may pass', () => {
  it.each([
    [13, 'Unauthorized', /the role readWrite/],
    [18, 'AuthenticationFailed', /user and password/],
    [112, 'WriteConflict', /leave it out/],
    [999_999, undefined, /leave it out/],
  ])('of an index (%d) is reported once, and tried again every minute', async (code, name, fix) => {
    const { setup, server, said, later } = setUp({ indexes: [{ key: { 'data.isbn': 1 } }] });
    server.failing.set('createIndexes', [
      refusal(code, name),
      refusal(code, name),
      refusal(code, name),
      refusal(code, name),
    ]);
    await setup.inBackground(server.db);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(3); // one does not hold up the others
    later(60_000);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(6);
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(fix);
    expect(said.join()).not.toContain('secret');
    later(60_000);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(7);
    later(60_000);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(7);
  });

  it('of a time series holds the events back, since the first would make an ordinary collection', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.failing.set('create', [refusal(13, 'Unauthorized'), refusal(18)]);
    await expect(setup.beforeEvents(server.db)).rejects.toMatchObject({ code: 13 });
    await expect(setup.beforeEvents(server.db)).rejects.toMatchObject({ code: 18 });
    await setup.beforeEvents(server.db);
    await setup.beforeEvents(server.db);
    expect(server.commands).toHaveLength(3);
    expect(said).toHaveLength(2);
  });

  it('does not hold them back where the user may not see what collections there are', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.failing.set('create', [refusal(13, 'Unauthorized')]);
    server.failing.set('listCollections', [refusal(13, 'Unauthorized')]);
    await setup.beforeEvents(server.db);
    expect(said).toEqual([expect.stringMatching(/does not take to make a time series now \(13 Unauthorized\)/)]);
  });
});

describe('An expireAfterSeconds that was changed', () => {
  const conflict = (): Error[] => [refusal(85, 'IndexOptionsConflict')];

  it.each<[string, MongoBackendOptions, object | undefined, RegExp[]]>([
    [
      'to another',
      { expireAfterSeconds: 7200 },
      { expireAfterSeconds: 3600 },
      [
        /not expire after 7200 seconds.*expireAfterSeconds 3600/,
        /"collMod":"events","index":\{"name":"timestamp_1","expireAfterSeconds":7200\}/,
      ],
    ],
    [
      'from none',
      { expireAfterSeconds: 60 },
      {},
      [/not expire after 60 seconds.*expireAfterSeconds unset/, /dropIndex\("timestamp_1"\)/],
    ],
    [
      'to none',
      {},
      { expireAfterSeconds: 3600 },
      [
        /expireAfterSeconds 3600, while expireAfterSeconds is not set: MongoDB may keep removing events/,
        /Fix: to keep events db\.getCollection\("events"\)\.dropIndex\("timestamp_1"\)/,
      ],
    ],
    [
      'on an index of another name',
      { expireAfterSeconds: 60 },
      { name: 'by_time', expireAfterSeconds: 3600 },
      [/the index by_time/, /"name":"by_time"/],
    ],
    [
      'where the server does not show its indexes',
      { expireAfterSeconds: 60 },
      undefined,
      [/made with other options/, /collMod/],
    ],
  ])('%s is reported once, with the command that changes it', async (_what, options, existing, patterns) => {
    const { setup, server, said } = setUp(options);
    server.failing.set('createIndexes', conflict());
    server.existing.push({ name: '_id_', key: { _id: 1 } });
    if (existing !== undefined) server.existing.push({ name: 'timestamp_1', key: { timestamp: 1 }, ...existing });
    await setup.inBackground(server.db);
    await setup.inBackground(server.db);
    expect(said).toHaveLength(1);
    for (const pattern of patterns) expect(said[0]).toMatch(pattern);
    expect(server.commands).toHaveLength(2); // no other index on timestamp is tried
  });

  it('on an index that the application describes names that index', async () => {
    const { setup, server, said } = setUp({ indexes: [{ key: { 'data.due': 1 }, expireAfterSeconds: 5 }] });
    server.existing.push({ name: 'data.due_1', key: { 'data.due': 1 }, expireAfterSeconds: 9 });
    const { db } = server;
    await setup.inBackground(db);
    const again = setUp({ indexes: [{ key: { 'data.due': 1 }, expireAfterSeconds: 5 }] });
    again.server.existing.push(...server.existing);
    again.server.failing.set('createIndexes', [undefined as never, undefined as never, ...conflict()]);
    await again.setup.inBackground(again.server.db);
    expect(said).toEqual([]);
    expect(again.said).toEqual([expect.stringMatching(/not expire after 5 seconds: the index data\.due_1/)]);
  });

  it.each([
    [
      7200,
      3600,
      /expireAfterSeconds is 7200, but the time series was made with 3600.*"collMod":"events","expireAfterSeconds":7200/,
    ],
    [undefined, 3600, /expireAfterSeconds is not set, but.*"expireAfterSeconds":"off"/],
    [60, undefined, /made with none.*"expireAfterSeconds":60/],
  ])('of a time series (%p, made with %p) is reported once', async (wanted, actual, pattern) => {
    const { setup, server, said, later } = setUp({ timeSeries: true, expireAfterSeconds: wanted });
    server.found = { type: 'timeseries', uuid: 'a', ...(actual && { options: { expireAfterSeconds: actual } }) };
    for (let times = 0; times < 2; times++) {
      await setup.beforeEvents(server.db);
      later(1000);
    }
    expect(said).toEqual([expect.stringMatching(pattern)]);
  });

  it('does not meet an index of ours where the application describes one on timestamp', async () => {
    const { setup, server } = setUp({ indexes: [{ key: { timestamp: 1 }, expireAfterSeconds: 5 }] });
    await setup.inBackground(server.db);
    expect(server.commands).toEqual([
      index({ key: { name: 1 } }),
      index({ key: { timestamp: 1 }, expireAfterSeconds: 5 }),
    ]);
  });
});
