import { isEventDefinition } from '../catalog/define-event';
import { violationsText } from '../catalog/violation';
import { describeError } from '../common/describe-error';
import { toEventName } from '../event/normalizer';
import type { EventOutcome } from '../routing/confirmation';
import { EmitConfirmation } from './emit-confirmation';
import { givenWait } from './given-arguments';
import { NotConfirmedException } from './not-confirmed.exception';
import { hasStackRoom } from './stack-room';
import type { TrackerRuntime } from './tracker-runtime';

export interface ConfirmOptions {
  /**
   * Signal that ends the wait, but does not cancel the event.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Maximum wait in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
}

/** Outcome of one confirmed event for each backend path. */
export interface ConfirmedEvent {
  /** Id of the event; '' if tracking is disabled. */
  readonly id: string;
  /** Outcome at each backend by its path; empty if tracking is disabled. */
  readonly destinations: Readonly<Record<string, 'delivered' | 'stored' | 'filtered'>>;
}

type Runtime = Pick<TrackerRuntime, 'emit' | 'isOff' | 'parts'>;

/**
 * Nested calls that `emitConfirmed` requires on the stack: about ten times as many as the tree
 * needs.
 */
const STACK_ROOM = 1000;

/**
 * Sends one event, and waits until every backend has answered for it.
 * @throws NotConfirmedException if one of them has not written, delivered or filtered the event
 */
export function emitConfirmed(
  runtime: Runtime,
  event: unknown,
  data: unknown,
  options: unknown,
): Promise<ConfirmedEvent> {
  const confirmation = new EmitConfirmation();
  const confirmed = sendConfirmed(runtime, confirmation, event, data, options);
  // A rollback rejects the promise, often because the code that would have awaited it has thrown.
  // Without a handler, Node would then end the process.
  if (confirmation.wasHeld) confirmed.catch(() => undefined);
  return confirmed;
}

async function sendConfirmed(
  runtime: Runtime,
  confirmation: EmitConfirmation,
  event: unknown,
  data: unknown,
  options: unknown,
): Promise<ConfirmedEvent> {
  const name = isEventDefinition(event) ? event.name : toEventName(event);
  const { signal, timeoutMs } = givenWait(options);
  let id = '';
  try {
    // A promise created at the end of the stack may be rejected before a handler can be attached,
    // which ends the process.
    if (!hasStackRoom(STACK_ROOM)) throw new RangeError('Maximum call stack size exceeded');
    id = runtime.emit(event, data, confirmation) ?? '';
  } catch (error) {
    const { counters, processing } = runtime.parts;
    counters.emitted++;
    counters.overflowed++;
    processing.hasOverflowed = true;
    confirmation.failure = { error };
  }
  if (runtime.isOff) return { id, destinations: {} };
  return confirmedEvent({ name, id }, confirmation, timeoutMs, signal);
}

/**
 * Waits until every backend has answered for one event.
 * @param event name and id of the event, for the error
 * @throws NotConfirmedException if one of them has not written, delivered or filtered the event
 */
export async function confirmedEvent(
  { name, id }: { readonly name: string; readonly id: string },
  confirmation: EmitConfirmation,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<ConfirmedEvent> {
  const ended = confirmation.failure === undefined ? await confirmation.end(timeoutMs, signal) : undefined;
  const destinations = confirmation.table();
  const { violations, failure, heldBack } = confirmation;
  if (failure !== undefined) {
    const why = `since emit failed: ${describeError(failure.error)}`;
    throw NotConfirmedException.create(name, id, destinations, why, failure.error);
  }
  if (heldBack === undefined && ended === undefined && isConfirmed(destinations)) return { id, destinations };
  if (heldBack !== undefined) {
    const why = ended === undefined ? heldBack : `${ended}, ${heldBack}`;
    throw NotConfirmedException.create(name, id, destinations, why, signal?.reason);
  }
  const refused =
    violations.length > 0
      ? `since it does not match the catalog: ${violationsText(violations)}`
      : 'since it was dropped';
  throw NotConfirmedException.create(name, id, destinations, ended ?? refused, signal?.reason, violations);
}

function isConfirmed(outcomes: Record<string, EventOutcome>): outcomes is Record<string, ConfirmedOutcome> {
  return Object.values(outcomes).every(
    (outcome) => outcome === 'delivered' || outcome === 'stored' || outcome === 'filtered',
  );
}

type ConfirmedOutcome = ConfirmedEvent['destinations'][string];
