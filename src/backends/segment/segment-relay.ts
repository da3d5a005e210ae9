/**
 * Sends through a client of the application. It has a queue of its own, without a bound, and says of each event what became of
 * it: so no more is handed to it than one batch, and the next when that one is settled. Also because of its `flush`: analytics-node
 * ends one only when it holds nothing any more, and passes over another that is asked for meanwhile.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { SendFailedException, type Rejection } from '../../delivery/destination';
import { copyNormalForm } from '../../event/normal-form';
import type { SegmentClient, SegmentTrack } from './segment-client';

type Outcomes = readonly (Rejection | undefined)[];

export class SegmentRelay {
  /** Resolves when the client is free; never rejects. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: SegmentClient) {}

  /** @param tracks by their index in the batch */
  async send(tracks: ReadonlyMap<number, SegmentTrack>, signal: AbortSignal): Promise<readonly Rejection[]> {
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

  private track(index: number, track: SegmentTrack): Promise<Rejection | undefined> {
    // Plugins of the client may change what they are given; the event is also that of other backends, and of the next attempt.
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

  /** Never rejects: what became of the events is told by the callbacks. */
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

/** Not the message, which may quote the event. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'what is not an error';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
