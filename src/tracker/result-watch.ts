import { AsyncResource } from 'node:async_hooks';
import type { Readable } from 'node:stream';
import { defer, isObservable, tap, type Observable } from 'rxjs';
import { isIterator, isThenable, resultKind, type IteratorLike } from '../context/result-kind';
import { invoke, standIn, streamReplacements, thenReplacements, type Replacements } from '../context/stand-in';
import type { Ending } from './call-ending';
import { isReadable, watchReadable } from './readable-watch';

export type End = (ending: Ending, result: unknown, error: unknown, count: number) => void;

/**
 * Watches the result of one call that has not ended yet.
 * Reports the end once, regardless of how the result is used. Only an Observable has an end for
 * each subscription.
 */
export class ResultWatch {
  /** Flow of the call. The result may be used from any flow, but its end belongs to this one. */
  private readonly flow = new AsyncResource('TrackedResult', { requireManualDestroy: true });
  private last: unknown;
  private count = 0;
  private isOver = false;

  constructor(private readonly end: End) {}

  /**
   * Returns an equivalent of the result that reports its end.
   * @param result a `stream` or `lazy` result; any other is returned unchanged
   */
  of(result: object): object {
    const kind = resultKind(result);
    if (kind === 'stream') return this.stream(result as Observable<unknown>);
    return kind === 'lazy' ? this.standInFor(result) : result;
  }

  over(...[ending, result, error, count]: Parameters<End>): void {
    if (this.isOver) return;
    this.isOver = true;
    this.report(ending, result, error, count);
  }

  private report(...ended: Parameters<End>): void {
    this.flow.runInAsyncScope(this.end, undefined, ...ended);
  }

  private standInFor<Source extends object>(source: Source): Source {
    if (isReadable(source)) this.read(source); // a cursor may also be a readable stream
    const isAwaited = isThenable(source);
    return standIn(
      source,
      (self): Replacements => ({
        ...(isObservable(source)
          ? streamReplacements(source, self as unknown as Observable<unknown>, this.stream(source))
          : {}),
        ...(isIterator(source) ? this.steps(source) : {}),
        ...(isAwaited ? thenReplacements((...handlers) => this.then(source, handlers)) : {}),
      }),
      (method) => {
        const given = method();
        return given === source ? given : this.given(given, isAwaited);
      },
    );
  }

  /**
   * Watches the return value of a method of the result. It may lead to the same end, such as the
   * cursor of a query.
   * @param isAwaited true if a promise leads to the same end: `query.exec()` does,
   * `cursor.hasNext()` does not
   */
  private given(given: unknown, isAwaited: boolean): unknown {
    if (typeof given !== 'object' || given === null) return given;
    switch (resultKind(given)) {
      case 'promise':
        return isAwaited ? this.then(given as Promise<unknown>, []) : given;
      case 'stream':
      case 'lazy':
        return this.of(given);
      case 'value':
        if (isReadable(given)) this.read(given);
        return given;
    }
  }

  private read(stream: Readable): void {
    watchReadable(stream, (ending, error) => {
      this.over(ending, this.last, error, this.count);
    });
  }

  /**
   * Implements `then` for an awaited result. A query builder runs again on each call, so this calls
   * its `then` once per call.
   */
  private then(source: PromiseLike<unknown>, handlers: readonly unknown[]): unknown {
    return thenWatched(
      source,
      handlers,
      (value) => this.settled(value),
      (error) => {
        this.over('error', undefined, error, 0);
      },
    );
  }

  /**
   * Handles the value of a promise. If the value has not begun yet, the call ends when the value
   * does.
   */
  private settled(value: unknown): unknown {
    if (typeof value === 'object' && value !== null) {
      const given = this.of(value);
      if (given !== value) return given;
      if (isReadable(value)) {
        this.read(value);
        return value;
      }
    }
    this.over('success', value, undefined, 1);
    return value;
  }

  private stream(stream: Observable<unknown>): Observable<unknown> {
    return defer(() => {
      let last: unknown;
      let count = 0;
      return stream.pipe(
        tap({
          next: (value) => {
            last = value;
            count++;
          },
          complete: () => {
            this.report('success', last, undefined, count);
          },
          error: (error: unknown) => {
            this.report('error', last, error, count);
          },
          unsubscribe: () => {
            this.report('abandoned', last, undefined, count);
          },
        }),
      );
    });
  }

  private steps(source: IteratorLike): Replacements {
    const step =
      (key: 'next' | 'return' | 'throw', ending: Ending) =>
      (...values: [] | [unknown]): unknown =>
        this.step(ending, () => source[key]?.(...values));
    return { next: step('next', 'success'), return: step('return', 'abandoned'), throw: step('throw', 'success') };
  }

  /**
   * Advances an iterator by one step.
   * @param ending the ending to report if this step is the last one
   */
  private step(ending: Ending, advance: () => unknown): unknown {
    let given: unknown;
    try {
      given = advance();
    } catch (error) {
      this.over('error', this.last, error, this.count);
      throw error;
    }
    const took = (result: unknown): unknown => {
      this.took(ending, result);
      return result;
    };
    if (!isThenable(given)) return took(given);
    const then = (...handlers: unknown[]): unknown =>
      thenWatched(given, handlers, took, (error) => {
        this.over('error', this.last, error, this.count);
      });
    return resultKind(given) === 'promise' ? then() : standIn(given, () => thenReplacements(then));
  }

  private took(ending: Ending, result: unknown): void {
    if (isIteratorResult(result) ? result.done === true : result === undefined || result === null) {
      this.over(ending, this.last, undefined, this.count);
    } else {
      this.last = isIteratorResult(result) ? result.value : result;
      this.count++;
    }
  }
}

/**
 * Returns true for an iterator result. A database cursor returns the value itself instead, and null
 * after the last one.
 */
function isIteratorResult(result: unknown): result is Partial<IteratorResult<unknown>> {
  return (
    typeof result === 'object' &&
    result !== null &&
    Object.keys(result).every((key) => key === 'done' || key === 'value')
  );
}

/** Calls `then` once, and runs `took` or `failed` before the handlers of the caller. */
function thenWatched(
  source: PromiseLike<unknown>,
  [onValue, onError, ...others]: readonly unknown[],
  took: (value: unknown) => unknown,
  failed: (error: unknown) => void,
): unknown {
  type Handler = (...settled: unknown[]) => unknown;
  const onSuccess: Handler = (value, ...more) => {
    const given = took(value);
    return typeof onValue === 'function' ? (onValue as Handler)(given, ...more) : given;
  };
  const onFailure: Handler = (error, ...more) => {
    failed(error);
    if (typeof onError === 'function') return (onError as Handler)(error, ...more);
    throw error;
  };
  try {
    return invoke(source, 'then', [onSuccess, onFailure, ...others]);
  } catch (error) {
    failed(error);
    throw error;
  }
}
