import type { NodeCounts, TrackerCounts, TrackerService, TrackingModuleOptions } from '../../src/entries';

export interface SoakOptions {
  /** The module `nestjs-event-tracking`. */
  readonly library: object;
  /** Starts an application with this tree. */
  readonly start: (tree: TrackingModuleOptions) => Promise<{ tracker: TrackerService; close: () => Promise<void> }>;
  readonly events: number;
  /** The same seed makes the same events. */
  readonly seed: number;
  /** How much the heap may grow after the first tenth of the events. */
  readonly maxGrowthBytes: number;
  readonly steps?: number;
  readonly onStep?: (progress: {
    step: number;
    steps: number;
    emitted: number;
    heapBytes: number;
    seconds: number;
  }) => void;
}

export interface SoakResult {
  readonly events: number;
  readonly seed: number;
  readonly seconds: number;
  readonly lines: number;
  readonly bytes: number;
  readonly heapBytes: number;
  readonly growthBytes: number;
  readonly counts: TrackerCounts;
  readonly nodes: readonly NodeCounts[];
  /** What did not hold, with how often; empty if all did. */
  readonly faults: readonly (readonly [text: string, count: number])[];
}

export function runSoak(options: SoakOptions): Promise<SoakResult>;
