import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import type { Destination } from '../../src/delivery/destination';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { backend } from '../../src/routing/description';
import { type TrackerRuntime } from '../../src/tracker/tracker-runtime';
import { bareRuntime, type BareRuntime } from './bare-runtime';

export class Lrs implements Destination {
  readonly sent: string[] = [];

  sendBatch(events: readonly { readonly name: string }[]): Promise<void> {
    this.sent.push(...events.map(({ name }) => name));
    return Promise.resolve();
  }
}

/** A shipped backend that notes its calls. */
export class Writer implements EnvelopeBackend {
  readonly isBuiltIn = true;
  readonly calls: string[] = [];

  accept(): undefined {
    this.calls.push('accept');
  }

  persist(): void {
    this.calls.push('persist');
  }

  flushSync(): void {
    this.calls.push('flushSync');
  }

  drain(): Promise<void> {
    this.calls.push('drain');
    return Promise.resolve();
  }
}

const running: TrackerRuntime[] = [];

afterEach(() => Promise.all(running.splice(0).map((runtime) => runtime.close())));

export function bare(...parameters: Parameters<typeof bareRuntime>): BareRuntime {
  const run = bareRuntime(...parameters);
  running.push(run.runtime);
  return run;
}

export const memory = { backends: { memory: backend(MemoryBackend) } };
export const names = (run: BareRuntime): string[] =>
  run
    .instance(MemoryBackend)
    .events()
    .map(({ name }) => name);
export const dropped = ({ runtime }: BareRuntime) => runtime.ledger.tracker().dropped;
