import type { Envelope } from '../event/envelope';
import type { DropReason } from '../ledger/reasons';
import { Buried, type ProcessorStep } from './processor-step';

/** The event after a step, the reason why it was dropped, or its fate as a dead letter. */
export type StepResult = Envelope | DropReason | Buried;

/** Runs steps in order, up to the first one that does not return the event. Never throws. */
export function runSteps(steps: readonly ProcessorStep[], envelope: Envelope): StepResult {
  let current = envelope;
  for (const step of steps) {
    const next = step.run(current);
    if (isEnded(next)) return next;
    current = next;
  }
  return current;
}

/** True if no other step gets the event. */
export function isEnded(result: StepResult): result is DropReason | Buried {
  return typeof result === 'string' || result instanceof Buried;
}
