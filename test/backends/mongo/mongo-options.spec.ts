import { MongoBackend, type MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import type { TrackingConfigException } from '../../../src/entries';

function faultsOf(options: unknown): string[] {
  try {
    new MongoBackend(options as MongoBackendOptions);
    return [];
  } catch (error) {
    return (error as TrackingConfigException).faults.map(({ path, what, fix }) => `${path}: ${what} | ${fix}`);
  }
}

describe('MongoBackend, for its options,', () => {
  it.each<[MongoBackendOptions | undefined]>([
    [undefined],
    [{}],
    [{ connectionName: 'audit', database: 'd', collection: 'my.events', indexes: [], expireAfterSeconds: 1 }],
    [{ indexes: false, writeConcern: { w: 'majority', journal: true }, transform: (event) => event }],
    [{ indexes: [{ key: { 'context.user_id': 1 } }, { key: new Map([['name', 1]]) }] }],
    [{ timeSeries: true, metaField: 'name', granularity: 'hours', expireAfterSeconds: 2 ** 31 - 1 }],
    [{ connectionName: undefined, database: undefined, collection: undefined, timeSeries: undefined }],
  ])('takes %p', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    ['events', /the options are a string of 6 characters, not an object/],
    [[], /the options are a list of 0/],
    [
      { transform: async (loan: object) => Promise.resolve(loan) },
      /transform is an async function, but its result is not awaited.*an AsyncProcessor/,
    ],
    [{ collection: '' }, /collection is "", not a name/],
    [{ collection: 5 }, /collection is 5, not a name/],
    [{ collection: 'a$b' }, /collection is a string of 3 characters, not a name/],
    [{ collection: 'system.x' }, /not a name/],
    [{ database: 'a.b' }, /database is "a\.b", not a name/],
    [{ database: 'x'.repeat(64) }, /not a name/],
    [{ connectionName: '' }, /connectionName is "", not a name/],
    [{ timeSeries: true, metaField: 'a.b' }, /metaField is "a\.b", not a name/],
    [{ indexes: { name: 1 } }, /indexes is an object, neither a list nor false/],
    [{ indexes: true }, /indexes is true, neither/],
    [{ indexes: [{ name: 1 }] }, /indexes\[0\] is an object, not an object with a key/],
    [{ indexes: [null] }, /indexes\[0\] is null/],
    [{ timeSeries: 'yes' }, /timeSeries is "yes"; it can be true or false/],
    [{ metaField: 'name' }, /metaField is given, but only a time series has one/],
    [{ granularity: 'hours' }, /granularity is given, but only/],
    [{ timeSeries: true, granularity: 'days' }, /granularity is "days"; it can be seconds, minutes, hours/],
    [{ expireAfterSeconds: 0 }, /expireAfterSeconds is 0, not a whole number/],
    [{ expireAfterSeconds: 1.5 }, /expireAfterSeconds is 1\.5/],
    [{ expireAfterSeconds: '60' }, /expireAfterSeconds is "60"/],
    [{ expireAfterSeconds: 2 ** 31 }, /expireAfterSeconds is 2147483648/],
    [{ writeConcern: { w: 0 } }, /writeConcern\.w is 0: MongoDB would not say/],
    [{ writeConcern: 1 }, /writeConcern is 1, not an object/],
    [{ transform: 'name' }, /transform is a string of 4 characters, not a function/],
    [{ host: 'h' }, /the option "host" is unknown[^]*MongooseModule\.forRoot\(url, \{ lazyConnection: true \}\)/],
    [{ colection: 'x' }, /the option "colection" is unknown; known are connectionName/],
  ])('refuses %j, and says what fixes it', (options, fault) => {
    expect(faultsOf(options)).toEqual([expect.stringMatching(fault)]);
  });

  it('tells all faults at once', () => {
    expect(faultsOf({ collection: '', expireAfterSeconds: -1, writeConcern: { w: 0 }, port: 1 })).toHaveLength(4);
  });
});
