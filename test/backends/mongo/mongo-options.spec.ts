import { MongoBackend, type MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import type { TrackingConfigException } from '../../../src/entries';

function errorsOf(options: unknown): string[] {
  try {
    new MongoBackend(options as MongoBackendOptions);
    return [];
  } catch (error) {
    return (error as TrackingConfigException).errors.map(({ path, what, fix }) => `${path}: ${what} | ${fix}`);
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
    expect(errorsOf(options)).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    ['events', /the options are a string of 6 characters; expected an object/],
    [[], /the options are a list of 0/],
    [
      { transform: async (loan: object) => Promise.resolve(loan) },
      /transform is an async function, but its result is not awaited.*an AsyncProcessor/,
    ],
    [{ collection: '' }, /collection is ""; expected a name/],
    [{ collection: 5 }, /collection is 5; expected a name/],
    [{ collection: 'a$b' }, /collection is a string of 3 characters; expected a name/],
    [{ collection: 'system.x' }, /expected a name/],
    [{ database: 'a.b' }, /database is "a\.b"; expected a name/],
    [{ database: 'x'.repeat(64) }, /expected a name/],
    [{ connectionName: '' }, /connectionName is ""; expected a name/],
    [{ timeSeries: true, metaField: 'a.b' }, /metaField is "a\.b"; expected a name/],
    [{ indexes: { name: 1 } }, /indexes is an object; expected a list or false/],
    [{ indexes: true }, /indexes is true; expected a list/],
    [{ indexes: [{ name: 1 }] }, /indexes\[0\] is an object; expected an object with a key/],
    [{ indexes: [null] }, /indexes\[0\] is null/],
    [{ timeSeries: 'yes' }, /timeSeries is "yes"; expected true or false/],
    [{ metaField: 'name' }, /metaField is set, but only a time series has one/],
    [{ granularity: 'hours' }, /granularity is set, but only/],
    [{ timeSeries: true, granularity: 'days' }, /granularity is "days"; expected "seconds", "minutes" or "hours"/],
    [{ expireAfterSeconds: 0 }, /expireAfterSeconds is 0; expected a whole number/],
    [{ expireAfterSeconds: 1.5 }, /expireAfterSeconds is 1\.5/],
    [{ expireAfterSeconds: '60' }, /expireAfterSeconds is "60"/],
    [{ expireAfterSeconds: 2 ** 31 }, /expireAfterSeconds is 2147483648/],
    [{ writeConcern: { w: 0 } }, /writeConcern\.w is 0: MongoDB would not report/],
    [{ writeConcern: 1 }, /writeConcern is 1; expected an object/],
    [{ transform: 'name' }, /transform is a string of 4 characters; expected a function/],
    [{ host: 'h' }, /unknown option "host"[^]*MongooseModule\.forRoot\(url, \{ lazyConnection: true \}\)/],
    [{ colection: 'x' }, /unknown option "colection"; known options: connectionName/],
  ])('refuses %j, and says what fixes it', (options, fault) => {
    expect(errorsOf(options)).toEqual([expect.stringMatching(fault)]);
  });

  it('reports all errors at once', () => {
    expect(errorsOf({ collection: '', expireAfterSeconds: -1, writeConcern: { w: 0 }, port: 1 })).toHaveLength(4);
  });
});
