import { isStandIn, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { DeliveryEngine } from './delivery-engine';
import { QueuedEvent, type RecordOrigin } from './queued-event';

/**
 * Puts dead letters into the queue again, under their ids, a few in each turn of the event loop.
 * @param isOpen returns true while the queue accepts them; letters that come too late stay dead
 * letters
 * @returns number of letters; fewer than match if the queue is full or closed meanwhile
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

/**
 * Puts one dead letter into the queue again.
 * @returns true if the queue had capacity; 'skip' for a letter that cannot be sent
 */
function putAgain(queue: DeliveryEngine['queue'], letter: DeadLetter, origin: RecordOrigin): boolean | 'skip' {
  if (isStandIn(letter, origin)) return 'skip';
  const { event } = letter;
  try {
    // The event gets a new time of acceptance, or an event that was too old would be too old again.
    const entry = QueuedEvent.again(event, { acceptedAt: Date.now(), ...origin }, JSON.stringify(event).length);
    return queue.putAgain(entry);
  } catch {
    return 'skip'; // the event cannot be written
  }
}
