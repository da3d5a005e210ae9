/**
 * What the server of the tests does not do, at the level of the driver's errors: replica sets,
 * quotas, write concerns.
 */
import mongoose, { type mongo } from 'mongoose';
import { deliveredBefore } from '../../../src/backends/mongo/duplicates';
import type { EventDocument } from '../../../src/backends/mongo/event-document';
import { failureKind, judgeWriteError, sendFailure, writeErrorsOf } from '../../../src/backends/mongo/send-errors';

const {
  BSON,
  MongoBulkWriteError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoUnexpectedServerResponseError,
  MongoWriteConcernError,
} = mongoose.mongo;

function bulkError(insertedCount: number, codes: number[], concern?: object): unknown {
  const result = { insertedCount, getWriteConcernError: () => concern } as unknown as mongo.BulkWriteResult;
  const writeErrors = codes.map((code, index) => ({ code, index, errmsg: 'secret' }) as mongo.WriteError);
  return new MongoBulkWriteError({ message: 'secret', code: codes[0] ?? 0, writeErrors }, result);
}

describe('What MongoDB says of one document', () => {
  it.each([2, 9, 14, 15, 22, 52, 57, 121, 171, 10334, 16755, 17280])('is final with code %d', (code) => {
    expect(judgeWriteError({ code })).toEqual({ reason: expect.stringContaining(String(code)), retryable: false });
  });

  it.each([11000, 11001])('is final if another document is in its way (%d)', (code) => {
    expect(judgeWriteError({ code })).toMatchObject({
      retryable: false,
      reason: expect.stringContaining('unique index'),
    });
  });

  it.each([13, 50, 64, 91, 112, 189, 262, 8000, 10107, 12501, 14031, 999_999])('may change with code %d', (code) => {
    expect(judgeWriteError({ code })).toMatchObject({ retryable: true, reason: expect.stringContaining(String(code)) });
  });
});

describe('A failed insert', () => {
  it('speaks for each document if all are written or refused', () => {
    expect(writeErrorsOf(bulkError(3, [121, 11000]), 5)?.map(({ code }) => code)).toEqual([121, 11000]);
  });

  it.each([
    ['some are neither written nor refused', bulkError(2, [121, 11000])],
    ['none is refused', bulkError(5, [])],
    ['the write concern was not met', bulkError(3, [121, 11000], { code: 64 })],
    ['it is no error of a bulk', new MongoServerError({ message: 'x', code: 10107 })],
  ])('speaks for none if %s', (_what, error) => {
    expect(writeErrorsOf(error, 5)).toBeUndefined();
  });

  it.each([15, 16, 22, 10334])('is final for all of them with code %d, so that the batch is halved', (code) => {
    expect(sendFailure(new MongoServerError({ message: 'secret', code }))).toMatchObject({ retryable: false });
  });

  it.each([2, 13, 18, 91, 189, 8000, 10107, 13435])('may change with code %d', (code) => {
    const failure = sendFailure(new MongoServerError({ message: 'secret', code, codeName: 'Named' }));
    expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(`${String(code)} Named`) });
    expect(JSON.stringify([failure.message, failure.cause])).not.toContain('secret');
  });

  it.each([
    [13, 'readWrite'],
    [18, 'user and password'],
  ])('says what fixes it with code %d', (code, fix) => {
    expect(sendFailure(new MongoServerError({ message: 'x', code })).message).toContain(fix);
  });

  it('may change, and is told in the words of the driver, when the server was not reached', () => {
    const error = new MongoServerSelectionError('connect ECONNREFUSED 127.0.0.1:1', {} as mongo.TopologyDescription);
    const reason = 'MongoDB was not reached (connect ECONNREFUSED 127.0.0.1:1)';
    expect(sendFailure(error)).toMatchObject({ retryable: true, message: reason });
  });

  it('may change when the connection broke, whose code is a text', () => {
    const error = Object.assign(new MongoServerError({ message: 'write EPIPE' }), { code: 'EPIPE' });
    expect(sendFailure(error)).toMatchObject({ retryable: true, message: 'MongoDB was not reached (write EPIPE)' });
  });

  it('is final, without the words of the encoder, when the encoder failed at what it takes by itself', () => {
    const failure = sendFailure(new mongoose.mongo.BSON.BSONError('key secret must not contain null bytes'));
    expect(failure).toMatchObject({ retryable: false, message: 'the driver does not take the batch (BSONError)' });
  });

  it('may change when nobody knows what it means', () => {
    const failure = sendFailure(new TypeError('secret'));
    expect(failure).toMatchObject({ retryable: true, message: 'the driver does not take the batch (TypeError)' });
  });
});

describe('The kind of a failure', () => {
  const wrapped = (error: Error): Error => new MongoBulkWriteError(error, {} as mongo.BulkWriteResult);
  /** As drivers before 6.3 do, which keep the message only. */
  const wrappedWithoutCause = (error: Error): Error =>
    new MongoBulkWriteError(
      { message: error.message, code: undefined as never, writeErrors: [] },
      {} as mongo.BulkWriteResult,
    );
  const named = (name: string, facts: object = {}): Error =>
    Object.defineProperty(Object.assign(new Error('secret'), facts), 'name', { value: name });
  const errno = (code: string): Error => Object.assign(new Error(`read ${code}`), { code, syscall: 'read' });
  const kinds: [string, Error][] = [
    ['connection', new MongoNetworkError('connection 3 to 127.0.0.1:27017 closed')],
    ['connection', new MongoNetworkTimeoutError('connection timed out')],
    ['connection', new MongoTopologyClosedError()],
    ['connection', new MongoUnexpectedServerResponseError('Unable to get response from server')],
    ['connection', named('MongoPoolClearedError')],
    ['connection', named('MongoPoolClosedError')],
    ['connection', errno('ECONNRESET')],
    ['connection', errno('EPIPE')],
    ['busy', named('MongoWaitQueueTimeoutError')],
    ['server', new MongoServerError({ message: 'secret', code: 13 })],
    ['unclear', new BSON.BSONError('key secret must not contain null bytes')],
    ['unclear', named('BSONVersionError')],
    ['unclear', new RangeError('Maximum call stack size exceeded')],
    ['unclear', new MongoInvalidArgumentError('Document is larger than the maximum size 16777216')],
    ['unclear', new MongoServerError({ message: 'secret' })],
    ['unclear', named('Error', { code: 'ERR_OUT_OF_RANGE' })],
  ];

  it.each(kinds)('is "%s" for %p, and stays so in the wrapper of a bulk', (kind, error) => {
    expect(failureKind(error)).toBe(kind);
    expect(failureKind(wrapped(error))).toBe(kind);
  });

  it.each(kinds.filter(([kind]) => kind !== 'server'))(
    'is unclear where the wrapper hides "%s" (%p)',
    (_kind, error) => {
      expect(failureKind(wrappedWithoutCause(error))).toBe('unclear');
      expect(sendFailure(wrappedWithoutCause(error))).toMatchObject({
        retryable: true,
        message: 'the batch was not written (MongoBulkWriteError without a code)',
      });
    },
  );

  it('is that of the server for a write concern that was not met', () => {
    const error = new MongoWriteConcernError({ ok: 1, writeConcernError: { code: 64, errmsg: 'secret' } });
    expect(failureKind(error)).toBe('server');
  });

  it.each(kinds)('is reported without data of the event ("%s", %p)', (kind, error) => {
    const failure = sendFailure(wrapped(error));
    expect(failure.message).not.toMatch(kind === 'connection' ? /null bytes/ : /secret/);
    expect(failure.retryable).toBe(!/BSON|InvalidArgument/.test(error.name));
  });
});

describe('A duplicate key', () => {
  const ofIndex = (name: string): string =>
    `E11000 duplicate key error collection: db.events index: ${name} dup key: { x: "a index: _id_ " }`;

  function collection(
    there: string[],
    unique: boolean,
  ): { asked: unknown[]; collection: mongo.Collection<EventDocument> } {
    const asked: unknown[] = [];
    const double = {
      find: (...query: unknown[]) => {
        asked.push(query);
        return { toArray: () => Promise.resolve(there.map((_id) => ({ _id }))) };
      },
      indexes: () => Promise.resolve([{ name: '_id_' }, ...(unique ? [{ name: 'u_1', unique }] : [])]),
    };
    return { asked, collection: double as unknown as mongo.Collection<EventDocument> };
  }

  it('is the event itself, without a question, where the server names the index of _id', async () => {
    const { asked, collection: events } = collection([], true);
    expect(await deliveredBefore(events, [{ id: '1', message: ofIndex('_id_') }])).toEqual(new Set(['1']));
    expect(asked).toEqual([]);
  });

  it('is asked for on the primary where the server names another index', async () => {
    const { asked, collection: events } = collection(['2'], true);
    const named = ['1', '2'].map((id) => ({ id, message: ofIndex('u_1') }));
    expect(await deliveredBefore(events, named)).toEqual(new Set(['2']));
    expect(asked).toEqual([[{ _id: { $in: ['1', '2'] } }, { projection: { _id: 1 }, readPreference: 'primary' }]]);
  });

  it('is asked for where the server names no index, unless there is none but that of _id', async () => {
    const nameless = [{ id: '1', message: 'E11000' }];
    expect(await deliveredBefore(collection([], true).collection, nameless)).toEqual(new Set());
    expect(await deliveredBefore(collection([], false).collection, nameless)).toEqual(new Set(['1']));
  });
});
