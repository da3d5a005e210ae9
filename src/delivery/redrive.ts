import { isStandIn, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { DeliveryEngine } from './delivery-engine';
import { QueuedEvent, type RecordOrigin } from './queued-event';

/** Puts dead letters into the queue again, under their ids. @returns how many; fewer than fit if the queue is full */
export function redrive({ letters, queue, ledger, scheduler }: DeliveryEngine, filter: DeadLetterFilter): number {
  const redriven = letters.takeOut(filter, (letter, origin) => {
    const outcome = putAgain(queue, letter, origin);
    if (outcome === true) ledger.redrive();
    return outcome;
  });
  scheduler.hurry();
  return redriven;
}

/** @returns whether there was room; 'skip' for one that cannot be sent */
function putAgain(queue: DeliveryEngine['queue'], letter: DeadLetter, origin: RecordOrigin): boolean | 'skip' {
  if (isStandIn(letter, origin)) return 'skip';
  const { event } = letter;
  try {
    // Accepted anew, or what was too old would be so again.
    const entry = QueuedEvent.again(event, { acceptedAt: Date.now(), ...origin }, JSON.stringify(event).length);
    return queue.putAgain(entry);
  } catch {
    return 'skip'; // it cannot be written
  }
}
