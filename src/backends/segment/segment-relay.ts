/**
 * Sends through a client of the application. The client has its own unbounded queue, and reports
 * the outcome of each event. So it gets only one batch at a time, and the next one when that batch
 * is settled. Its `flush` requires this too: analytics-node ends a flush only when it holds no
 * events, and ignores another flush requested in the meantime.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { SendFailedException, type EventRejection } from '../../delivery/destination';
import { copyNormalForm } from '../../event/normal-form';
import type { SegmentClient, SegmentTrack } from './segment-client';

type Outcomes = readonly (EventRejection | undefined)[];

export class SegmentRelay {
  /** Resolves when the client is free for the next batch. Never rejects. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: SegmentClient) {}

  /** @param tracks the calls by the index of their event in the batch */
  async send(tracks: ReadonlyMap<number, SegmentTrack>, signal: AbortSignal): Promise<readonly EventRejection[]> {
    const outcomes = this.turn.then(() => this.hand(tracks, signal));
    this.turn = outcomes.then(({ flushed }) => Promise.race([flushed, nextRound()])).catch(() => undefined);
    const settled = await outcomes;
    return settled.rejections.filter((rejection) => rejection !== undefined);
  }

  private async hand(
    tracks: ReadonlyMap<number, SegmentTrack>,
    signal: AbortSignal,
  ): Promise<{ rejections: Outcomes; flushed: Promise<void> }> {
    if (signal.aborted) throw aborted();
    const outcomes = Promise.all([...tracks].map(([index, track]) => this.track(index, track)));
    const flushed = this.flush();
    return { rejections: await unlessAborted(outcomes, signal), flushed };
  }

  private track(index: number, track: SegmentTrack): Promise<EventRejection | undefined> {
    // Plugins of the client may change the object, but other backends and the next attempt share
    // the event.
    const own = copyNormalForm(track);
    return new Promise((resolve) => {
      try {
        this.client.track(own, (error) => {
          resolve(
            isNone(error) ? undefined : { index, reason: `the client failed: ${kindOf(error)}`, retryable: true },
          );
        });
      } catch (error) {
        resolve({ index, reason: `the client refused it: ${kindOf(error)}`, retryable: false });
      }
    });
  }

  /** Flushes the client. Never rejects: the callbacks report the outcome of the events. */
  private async flush(): Promise<void> {
    try {
      await this.client.flush?.();
    } catch {
      return;
    }
  }
}

function aborted(): SendFailedException {
  return SendFailedException.create({ reason: 'aborted before the client had called back', retryable: true });
}

function unlessAborted<T>(outcomes: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(aborted());
    };
    signal.addEventListener('abort', abort, { once: true });
    void outcomes.then(resolve).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

function isNone(error: unknown): boolean {
  return error === undefined || error === null;
}

/** Returns the kind of an error without its message, which may quote the event. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'a value that is not an error';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
