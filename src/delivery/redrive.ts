import { isStandIn, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { DeliveryEngine } from './delivery-engine';
import { QueuedEvent, type RecordOrigin } from './queued-event';

/**
 * Puts dead letters into the queue again, under their ids, a few in each turn of the event loop.
 * @param isOpen whether the queue takes them still; those that it does not take any more stay dead letters
 * @returns how many; fewer than fit if the queue is full or is closed meanwhile
 */
export function redrive(
  { letters, queue, ledger, scheduler }: DeliveryEngine,
  filter: DeadLetterFilter,
  isOpen: () => boolean,
): Promise<number> {
  const take = (letter: DeadLetter, origin: RecordOrigin): boolean | 'skip' => {
    const outcome = isOpen() && putAgain(queue, letter, origin);
    if (outcome === true) ledger.redrive();
    return outcome;
  };
  return letters.takeOut(filter, take, () => {
    if (isOpen()) scheduler.hurry();
  });
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
