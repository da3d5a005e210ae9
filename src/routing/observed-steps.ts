import { performance } from 'node:perf_hooks';
import type { Envelope } from '../event/envelope';
import type { NodeObserver, ObservedNode } from './node-observer';
import { Buried, type ProcessorStep } from './processor-step';
import { isEnded, type StepResult } from './run-steps';

/** Runs steps as `runSteps` does, and reports each to an observer. Never throws. */
export function observedSteps(
  steps: readonly ProcessorStep[],
  envelope: Envelope,
  node: ObservedNode,
  observer: NodeObserver,
): StepResult {
  let current = envelope;
  for (const step of steps) {
    const startedAt = performance.now();
    const next = step.run(current);
    const tookMs = performance.now() - startedAt;
    observer.stepped(node, step.place, current, next instanceof Buried ? next.reason : next, tookMs);
    if (isEnded(next)) return next;
    current = next;
  }
  return current;
}
