/**
 * The driver encodes a batch before it sends any of it, and stops at the first document that it cannot encode, without saying
 * which: 499 good events would wait for one. So after such a failure, and only then, each document is encoded by itself.
 */
import type { EventDocument } from './event-document';
import { mongo } from './peers';

/** Of a document in BSON; the driver takes what is smaller. https://www.mongodb.com/docs/manual/reference/limits/ */
const MAX_DOCUMENT_BYTES = 16_777_216;

/** Why this document cannot be encoded; undefined if it can. */
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

/** In words of our own: the encoder's name the key or the value. */
function reasonOf(error: unknown): string {
  const { name, message } = error as { name?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : '';
  if (/^(key|BSON Document field names) .*null byte/is.test(text)) return 'a key has a zero byte in it';
  if (/null byte/i.test(text)) return 'a regular expression has a zero byte in it';
  if (/circular/i.test(text)) return 'a value contains itself';
  return `the BSON encoder does not take it (${typeof name === 'string' ? name : 'unknown error'})`;
}
