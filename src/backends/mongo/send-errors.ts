/**
 * Classifies the errors of a failed insert for each document. A refusal classified as a server
 * problem would be sent again for a week. A server problem classified as a refusal would turn an
 * outage into dead letters. So only errors in the document itself are final, by MongoDB's own codes
 * (https://www.mongodb.com/docs/manual/reference/error-codes/); all others are retried. The
 * server's messages quote the document, so no reason contains them.
 */
import { types } from 'node:util';
import type { mongo } from 'mongoose';
import { SendFailedException } from '../../delivery/destination';

export const DUPLICATE_KEYS: readonly unknown[] = [11000, 11001];

const FINAL: ReadonlyMap<unknown, string> = new Map([
  [2, 'BadValue'],
  [9, 'FailedToParse'],
  [14, 'TypeMismatch'],
  [15, 'Overflow'],
  [16, 'InvalidLength'],
  [22, 'InvalidBSON'],
  [52, 'DollarPrefixedFieldName'],
  [53, 'InvalidIdField'],
  [55, 'InvalidDBRef'],
  [56, 'EmptyFieldName'],
  [57, 'DottedFieldName'],
  [121, 'DocumentValidationFailure'],
  [171, 'CannotIndexParallelArrays'],
  [10334, 'BSONObjectTooLarge'],
  [16755, 'geo key that cannot be extracted'],
  [17280, 'KeyTooLong'],
]);

/**
 * Final codes that MongoDB may also return for the whole command, without naming the document. 2
 * and 9 are left out, because they may concern the command itself.
 */
const FINAL_FOR_ALL: readonly unknown[] = [15, 16, 22, 10334];

const FIXES: ReadonlyMap<unknown, string> = new Map([
  [13, "give the connection's user the role readWrite on this database"],
  [18, "look at the user and password in the connection's URL"],
  [8000, "look at the user and password in the connection's URL, and at the quota"],
  [14031, 'the disk of the server is full'],
]);

export interface Judgement {
  readonly reason: string;
  readonly retryable: boolean;
}

/**
 * Classifies one write error. A duplicate key here belongs to another index than the one on `_id`.
 */
export function judgeWriteError({ code }: Pick<mongo.WriteError, 'code'>): Judgement {
  if (DUPLICATE_KEYS.includes(code)) {
    const reason = `another document has the same values in a unique index of the collection (${String(code)})`;
    return { reason, retryable: false };
  }
  const name = FINAL.get(code);
  if (name !== undefined) return { reason: `MongoDB refuses the document (${String(code)} ${name})`, retryable: false };
  return { reason: `MongoDB could not write the document (code ${String(code)})${fixText(code)}`, retryable: true };
}

/**
 * Returns the write errors of an insert of `sent` documents, by their index; undefined if the error
 * does not account for every document. A large batch needs several commands. When the connection
 * breaks after the first one, its write errors are known, but the results of the rest are not.
 */
export function writeErrorsOf(error: unknown, sent: number): readonly mongo.WriteError[] | undefined {
  const { writeErrors, result } = error as Partial<mongo.MongoBulkWriteError>;
  if (writeErrors === undefined || result === undefined) return undefined;
  const list = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  const isWhole = list.length > 0 && result.insertedCount + list.length === sent;
  return isWhole && result.getWriteConcernError() === undefined ? list : undefined;
}

/**
 * Origin of a failure without write errors.
 *
 * - `server`: MongoDB answered with a code.
 * - `connection`: MongoDB was not reached, or the connection broke.
 * - `busy`: every connection of the pool is in use; nothing was sent.
 * - `unclear`: the driver failed, or gives no reason, so a document may be the cause.
 */
export type FailureKind = 'server' | 'connection' | 'busy' | 'unclear';

/** Error classes of the driver that are used for more than one kind of failure. */
const AMBIGUOUS: readonly string[] = [
  'MongoBulkWriteError',
  'MongoServerError',
  'MongoWriteConcernError',
  'MongoInvalidArgumentError',
];

export function failureKind(error: unknown): FailureKind {
  const { name, code } = factsOf(error);
  if (typeof code === 'number') return 'server';
  if (name === 'MongoWaitQueueTimeoutError') return 'busy';
  if (isErrno(code) || (name.startsWith('Mongo') && !AMBIGUOUS.includes(name))) return 'connection';
  return 'unclear';
}

/**
 * Returns the exception for a batch whose result is unknown. A SendFailedException is returned
 * unchanged.
 */
export function sendFailure(error: unknown): SendFailedException {
  if (error instanceof SendFailedException) return error;
  const { name, message, code, codeName } = factsOf(error);
  switch (failureKind(error)) {
    case 'server': {
      const given = typeof codeName === 'string' ? ` ${codeName}` : '';
      const reason = `MongoDB did not take the batch (${String(code)}${given})${fixText(code)}`;
      return SendFailedException.create({ reason, retryable: !FINAL_FOR_ALL.includes(code) });
    }
    case 'connection': // the message contains at most host names
      return SendFailedException.create({
        reason: `MongoDB was not reached (${message.slice(0, 200)})`,
        retryable: true,
      });
    case 'busy':
      return SendFailedException.create({ reason: POOL_BUSY, retryable: true });
    case 'unclear':
      return unclearFailure(name);
  }
}

export const POOL_BUSY =
  'every connection of the pool is in use. Fix: raise maxPoolSize in the options of the connection, ' +
  'or lower concurrency in delivery';

/**
 * Creates a failure without a message: the encoder's message quotes keys, and a server's message
 * without a code may quote the document.
 */
function unclearFailure(name: string): SendFailedException {
  // Halving the batch finds the document that the encoder refuses. Anything else may be temporary.
  const isEncoder = name.startsWith('BSON') || name === 'MongoInvalidArgumentError';
  const isServer = AMBIGUOUS.includes(name) && !isEncoder;
  const reason = isServer
    ? `the batch was not written (${name} without a code)`
    : `the driver does not take the batch (${name})`;
  return SendFailedException.create({ reason, retryable: !isEncoder });
}

interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly codeName: unknown;
}

/**
 * Returns the facts of the error that caused the failure. `insertMany` wraps every error in a
 * MongoBulkWriteError: a broken connection, a busy pool and a key that cannot be encoded look
 * alike, except for `errorResponse`, which holds the original error. Drivers before 6.3 (mongoose
 * before 8.1) drop the original, so the failure stays unclear.
 */
function factsOf(error: unknown): ErrorFacts {
  const { name, errorResponse } = Object(error) as { readonly name?: unknown; readonly errorResponse?: unknown };
  const cause = name === 'MongoBulkWriteError' && types.isNativeError(errorResponse) ? errorResponse : error;
  const facts = Object(cause) as Partial<Record<keyof ErrorFacts, unknown>>;
  return { name: String(facts.name), message: String(facts.message), code: facts.code, codeName: facts.codeName };
}

/**
 * True for a code of the operating system, such as ECONNRESET; codes of Node itself begin with
 * ERR_.
 */
function isErrno(code: unknown): boolean {
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(code);
}

function fixText(code: unknown): string {
  const fix = FIXES.get(code);
  return fix === undefined ? '' : `. Fix: ${fix}`;
}
