/**
 * Thrown by a processor to drop the event for this node only. Counted as 'cancelled', and never
 * logged as an error.
 */
export class EventEmissionExit extends Error {
  override readonly name = 'EventEmissionExit';
}
