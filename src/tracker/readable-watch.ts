import { errorMonitor } from 'node:events';
import type { Readable } from 'node:stream';
import type { Ending } from './call-ending';

/**
 * Returns true for a readable stream of Node or of the package readable-stream, and false for a
 * write-only stream.
 */
export function isReadable(value: unknown): value is Readable {
  if (typeof value !== 'object' || value === null) return false;
  const { pipe, once, readableEnded } = value as Partial<Readable>;
  return typeof pipe === 'function' && typeof once === 'function' && typeof readableEnded === 'boolean';
}

/**
 * Reports when a stream has been read to its end, has failed, or was closed early.
 * May report more than once; the first report counts. It neither starts the stream nor handles its
 * error: an `error` event without another listener still throws.
 */
export function watchReadable(stream: Readable, over: (ending: Ending, error: unknown) => void): void {
  const closed = (error: unknown): void => {
    // A reader that leaves a `for await` closes the stream with an AbortError.
    if (error === null || (error as { code?: unknown }).code === 'ABORT_ERR') over('abandoned', undefined);
    else over('error', error);
  };
  if (stream.readableEnded) {
    over('success', undefined);
  } else if (stream.destroyed) {
    closed(stream.errored);
  } else {
    stream.once('end', () => {
      over('success', undefined);
    });
    stream.once(errorMonitor, closed);
    stream.once('close', () => {
      closed(null);
    });
  }
}
