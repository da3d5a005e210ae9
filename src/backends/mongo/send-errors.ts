/**
 * What a failed insert says of each document. A refusal taken for trouble of the server would be sent for a week; trouble taken
 * for a refusal would turn an outage into dead letters. So final is only what lies in the document itself, by MongoDB's own codes
 * (https://www.mongodb.com/docs/manual/reference/error-codes/); all else is tried again. Messages of the server quote the
 * document, so none of them goes into a reason.
 */
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

/** Those of them that MongoDB gives for the whole command, without naming the document: 2 and 9 may also be about the command. */
const FINAL_FOR_ALL: readonly unknown[] = [15, 16, 22, 10334];

const MENDS: ReadonlyMap<unknown, string> = new Map([
  [13, "give the connection's user the role readWrite on this database"],
  [18, "look at the user and password in the connection's URL"],
  [8000, "look at the user and password in the connection's URL, and at the quota"],
  [14031, 'the disk of the server is full'],
]);

export interface Judgement {
  readonly reason: string;
  readonly retryable: boolean;
}

/** What one write error says of its document. A duplicate key is one of another index than that of `_id` here. */
export function judgeWriteError({ code }: Pick<mongo.WriteError, 'code'>): Judgement {
  if (DUPLICATE_KEYS.includes(code)) {
    const reason = `another document has the same values in a unique index of the collection (${String(code)})`;
    return { reason, retryable: false };
  }
  const name = FINAL.get(code);
  if (name !== undefined) return { reason: `MongoDB refuses the document (${String(code)} ${name})`, retryable: false };
  return { reason: `MongoDB could not write the document (code ${String(code)})${mendFor(code)}`, retryable: true };
}

/**
 * The write errors of an insert of `sent` documents, by their index; undefined if the error does not account for each of them.
 * A large batch goes in several commands: when the connection breaks after the first one, its write errors are known, and of
 * the rest nothing is.
 */
export function writeErrorsOf(error: unknown, sent: number): readonly mongo.WriteError[] | undefined {
  const { writeErrors, result } = error as Partial<mongo.MongoBulkWriteError>;
  if (writeErrors === undefined || result === undefined) return undefined;
  const list = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  const isWhole = list.length > 0 && result.insertedCount + list.length === sent;
  return isWhole && result.getWriteConcernError() === undefined ? list : undefined;
}

/** Whether the driver itself failed, before or without the server: then a document may be to blame. */
export function isOfTheEncoder(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (typeof code === 'number') return false;
  return typeof name !== 'string' || !name.startsWith('Mongo') || name === 'MongoInvalidArgumentError';
}

/** For a batch of which nothing is known. */
export function sendFailure(error: unknown): SendFailedException {
  const { name, message, code, codeName } = error as Record<'name' | 'message' | 'code' | 'codeName', unknown>;
  if (typeof code !== 'number') {
    // Of the driver, or of the network, whose codes are texts such as EPIPE: it names hosts at most. The encoder's errors name keys.
    if (isOfTheEncoder(error)) return driverFailure(String(name));
    const reason = `MongoDB was not reached (${String(message).slice(0, 200)})`;
    return SendFailedException.create({ reason, retryable: true });
  }
  const given = typeof codeName === 'string' ? ` ${codeName}` : '';
  const reason = `MongoDB did not take the batch (${String(code)}${given})${mendFor(code)}`;
  return SendFailedException.create({ reason, retryable: !FINAL_FOR_ALL.includes(code) });
}

/** Of the encoder, halving the batch finds the document; of anything else nobody knows what it means. */
function driverFailure(name: string): SendFailedException {
  const isEncoder = name.startsWith('BSON') || name === 'MongoInvalidArgumentError';
  return SendFailedException.create({ reason: `the driver does not take the batch (${name})`, retryable: !isEncoder });
}

function mendFor(code: unknown): string {
  const mend = MENDS.get(code);
  return mend === undefined ? '' : `. Mend: ${mend}`;
}
