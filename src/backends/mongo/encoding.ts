/**
 * Finds the documents of a batch that cannot be encoded. The driver encodes a batch before it sends
 * any part of it, and stops at the first document that it cannot encode, without naming it: 499
 * good events would wait for one. So each document is encoded separately, but only after such a
 * failure.
 */
import type { EventDocument } from './event-document';
import { mongo } from './peers';

/**
 * Limit for a document in BSON; the driver accepts smaller ones.
 * https://www.mongodb.com/docs/manual/reference/limits/
 */
const MAX_DOCUMENT_BYTES = 16_777_216;

/** Returns the reason why a document cannot be encoded; undefined if it can. */
export function encodingFault(document: EventDocument): string | undefined {
  try {
    const { length } = mongo.BSON.serialize(document, { checkKeys: false, ignoreUndefined: false });
    return length < MAX_DOCUMENT_BYTES
      ? undefined
      : `the document has ${String(length)} bytes; MongoDB takes less than ${String(MAX_DOCUMENT_BYTES)}`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Returns a reason without the encoder's message, which contains the key or the value. */
function reasonOf(error: unknown): string {
  const { name, message } = error as { name?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : '';
  if (/^(key|BSON Document field names) .*null byte/is.test(text)) return 'a key has a zero byte in it';
  if (/null byte/i.test(text)) return 'a regular expression has a zero byte in it';
  if (/circular/i.test(text)) return 'a value contains itself';
  return `the BSON encoder does not take it (${typeof name === 'string' ? name : 'unknown error'})`;
}
