import type { IdentifiedEvent } from '../../src/event/tracking-event';
import type { BusIntake } from '../../src/intake/bus-intake';
import type { ConsumedMessage } from '../../src/intake/event-consumer';
import type { NodeWork, WorkItem } from '../../src/routing/queued-backend';

/** Work of a node that reports events as done when the test says so. */
export class HeldWork implements NodeWork {
  readonly names: string[] = [];
  readonly calls: { readonly isInOrder: boolean | undefined; readonly items: readonly WorkItem[] }[] = [];
  /** Reports each event as done at once. */
  isQuick = false;
  private readonly running: { onDone: (index: number) => void; end: () => void; left: Set<number> }[] = [];

  run(items: readonly WorkItem[], onDone: (index: number) => void, isInOrder?: boolean): Promise<void> {
    this.calls.push({ isInOrder, items });
    this.names.push(...items.map(({ envelope }) => envelope.name));
    return new Promise((end) => {
      const left = new Set(items.keys());
      this.running.push({ onDone, end, left });
      if (this.isQuick || left.size === 0) for (let at = left.size; at >= 0; at--) this.finish();
    });
  }

  /** Reports the first event that is not done; ends the call after its last event. */
  finish(): void {
    const [first] = this.running;
    if (first === undefined) return;
    const [index] = first.left;
    if (index !== undefined) {
      first.left.delete(index);
      first.onDone(index);
    }
    if (first.left.size === 0) {
      this.running.shift();
      first.end();
    }
  }

  /** Ends all calls without reporting the events that are left. */
  stop(): void {
    for (const { end } of this.running.splice(0)) end();
  }

  whenAtRest(): Promise<void> {
    return Promise.resolve();
  }

  counts(): never {
    throw new Error('not asked for');
  }
}

export function quickWork(): HeldWork {
  return Object.assign(new HeldWork(), { isQuick: true });
}

export function entryOf(name: string, id = name, event: Partial<IdentifiedEvent> = {}): ConsumedMessage {
  const decode = (): IdentifiedEvent => ({ name, id, timestamp: new Date(0), context: {}, data: {}, ...event });
  return { position: `at ${id}`, raw: Buffer.from(`raw ${id}`), decode };
}

export function unreadable(): ConsumedMessage {
  const decode = (): never => {
    throw new Error('no JSON');
  };
  return { position: '0-1', raw: Buffer.from('?'), decode };
}

/** Gives entries to an intake, and records the indices that are done. */
export class Take {
  readonly done: number[] = [];
  isOver = false;
  readonly end: Promise<void>;

  constructor(intake: BusIntake, ...entries: ConsumedMessage[]) {
    this.end = intake
      .take(entries, (index) => void this.done.push(index))
      .then(() => {
        this.isOver = true;
      });
  }
}
