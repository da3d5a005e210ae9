import { AsyncLocalStorage } from 'node:async_hooks';
import { deriveEventId } from '../event/event-id';

/** An event in whose processing application code runs right now. */
interface Running {
  readonly id: string;
  readonly depth: number;
  readonly place: string;
  emitted: number;
}

/** Where an event comes from that is emitted while another is processed. */
export interface Origin {
  readonly id: string;
  readonly parentId: string;
  readonly depth: number;
}

/** Knows which event is being processed, so that what is emitted meanwhile gets an id derived from it. One per tracker. */
export class Processing {
  /** Whether an event was lost at the end of the stack, where it can be counted and not reported. */
  hasOverflowed = false;
  private running: Running | undefined;
  /** Made when it is first needed: each one costs every promise of the process something. */
  private flows: AsyncLocalStorage<Running> | undefined;

  /** Runs application code at `place` for an event. */
  run<T>(id: string, depth: number, place: string, code: () => T): T {
    const outer = this.running;
    this.running = { id, depth, place, emitted: 0 };
    try {
      return code();
    } finally {
      this.running = outer;
    }
  }

  /** The same of code that waits: what it emits between its waits, and what it calls does, comes from this event too. */
  runAsync<T>(id: string, depth: number, place: string, code: () => Promise<T>): Promise<T> {
    this.flows ??= new AsyncLocalStorage();
    return this.flows.run({ id, depth, place, emitted: 0 }, code);
  }

  /** The origin of an event that is emitted now; undefined outside of any processing. */
  origin(name: string): Origin | undefined {
    const running = this.running ?? this.flows?.getStore();
    if (running === undefined) return undefined;
    const id = deriveEventId(running.id, running.place, name, running.emitted++);
    return { id, parentId: running.id, depth: running.depth + 1 };
  }
}
