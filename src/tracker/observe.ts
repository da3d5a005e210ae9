import { performance } from 'node:perf_hooks';
import { StreamableFile } from '@nestjs/common';
import { resultKind } from '../context/result-kind';
import { isReadable, watchReadable } from './readable-watch';
import type { Ending } from './call-ending';
import { ResultWatch, type End } from './result-watch';

export interface Ended {
  readonly ending: Ending;
  /** Returned or resolved value; for an Observable or iterator, the last value. */
  readonly result: unknown;
  readonly error: unknown;
  readonly durationMs: number;
  /**
   * Number of values from an Observable or iterator, including those before a failure; otherwise 1
   * for a success and 0 for a failure.
   */
  readonly count: number;
}

/** Receives the end of each call that is observed. */
export interface Observer {
  /** Must not throw. */
  ended(ended: Ended): void;
}

/**
 * Calls `body` and reports how it ended, in the flow in which it was called.
 * A promise ends when it settles, an Observable at the end of each subscription, an iterator when
 * it is exhausted. Another thenable ends when it is awaited, a readable stream when it has been
 * read.
 * Returns the result of `body` or, if the end is still to come, an equivalent of it. Lazy results
 * still start when they are used, and a rejection is unhandled for the same callers as without it.
 */
export function observe(body: () => unknown, observer: Observer): unknown {
  const observation = new Observation(observer);
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    observation.end('error', undefined, error, 0);
    throw error;
  }
  return observation.of(result);
}

class Observation {
  private readonly startedAt = performance.now();

  constructor(private readonly observer: Observer) {}

  /**
   * Watches the result of the call.
   * @param result the returned or resolved value
   */
  of(result: unknown): unknown {
    if (typeof result === 'object' && result !== null) {
      switch (resultKind(result)) {
        case 'promise':
          return this.promise(result as Promise<unknown>);
        case 'stream':
        case 'lazy':
          return this.watch().of(result);
        case 'value':
          if (this.isRead(result)) return result;
      }
    }
    this.end('success', result, undefined, 1);
    return result;
  }

  end(...[ending, result, error, count]: Parameters<End>): void {
    this.observer.ended({ ending, result, error, durationMs: performance.now() - this.startedAt, count });
  }

  /**
   * Creates the watch of a result that has not ended. Only then is a function created: a call that
   * returns a value does not need one.
   */
  private watch(): ResultWatch {
    return new ResultWatch((...ended) => {
      this.end(...ended);
    });
  }

  /**
   * Derives a promise that reports its end.
   * Watching a promise marks it as handled. So the caller gets a derived promise and must handle
   * that one: an unhandled rejection is still reported, once (docs/decisions/0115).
   */
  private promise(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      (value) => this.of(value),
      (error: unknown) => {
        this.end('error', undefined, error, 0);
        throw error;
      },
    );
  }

  /** Returns true if the call ends when a stream has been read. */
  private isRead(result: object): boolean {
    try {
      const stream = result instanceof StreamableFile ? result.getStream() : result;
      if (!isReadable(stream)) return false;
      const watch = this.watch();
      watchReadable(stream, (ending, error) => {
        watch.over(ending, result, error, ending === 'success' ? 1 : 0);
      });
      return true;
    } catch {
      return false; // a proxy or getter that throws on inspection: its reader handles the error
    }
  }
}
