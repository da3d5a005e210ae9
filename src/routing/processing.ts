import { AsyncLocalStorage } from 'node:async_hooks';
import { deriveEventId } from '../event/event-id';
import type { NodeObserver } from './node-observer';

/** Event that application code is processing right now. */
interface Running {
  readonly id: string;
  readonly depth: number;
  readonly place: string;
  emitted: number;
}

/** Origin of an event that is emitted while another event is processed. */
export interface Origin {
  readonly id: string;
  readonly parentId: string;
  readonly depth: number;
}

/**
 * Tracks which event is being processed, so that events emitted meanwhile get ids derived from its
 * id. Each tracker has one instance.
 */
export class Processing {
  /**
   * True if an event was lost at the end of the stack, where it can be counted but not reported.
   */
  hasOverflowed = false;
  /** Follows the events of the tracker; undefined unless a tool such as the explorer is used. */
  observer: NodeObserver | undefined;
  private running: Running | undefined;
  /** Created on first use: each AsyncLocalStorage adds a cost to every promise of the process. */
  private flows: AsyncLocalStorage<Running> | undefined;

  /** Runs synchronous application code at `place` for an event. */
  run<T>(id: string, depth: number, place: string, code: () => T): T {
    const outer = this.running;
    this.running = { id, depth, place, emitted: 0 };
    try {
      return code();
    } finally {
      this.running = outer;
    }
  }

  /**
   * Runs asynchronous code. Events that it emits at any time, or that the functions it calls emit,
   * come from this event too.
   */
  runAsync<T>(id: string, depth: number, place: string, code: () => Promise<T>): Promise<T> {
    this.flows ??= new AsyncLocalStorage();
    return this.flows.run({ id, depth, place, emitted: 0 }, code);
  }

  /** Returns the origin of an event that is emitted now; undefined outside of any processing. */
  origin(name: string): Origin | undefined {
    const running = this.running ?? this.flows?.getStore();
    if (running === undefined) return undefined;
    const id = deriveEventId(running.id, running.place, name, running.emitted++);
    return { id, parentId: running.id, depth: running.depth + 1 };
  }
}
