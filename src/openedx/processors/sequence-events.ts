import type { EventFields } from '../../event/tracking-event';

/** What an event of the navigation in a sequence has in the log. */
export interface SequenceChange {
  readonly type: string;
  readonly old: unknown;
  readonly new: unknown;
}

type ReadChange = (payload: EventFields) => SequenceChange | undefined;

/**
 * Reads a change by the name of its event. Returns undefined if the navigation leaves the sequence,
 * because the log has no legacy event for that.
 */
const CHANGES: ReadonlyMap<string, ReadChange> = new Map<string, ReadChange>([
  [
    'edx.ui.lms.sequence.tab_selected',
    (payload) => ({ type: 'seq_goto', old: field(payload, 'current_tab'), new: field(payload, 'target_tab') }),
  ],
  [
    'edx.ui.lms.sequence.next_selected',
    (payload) =>
      field(payload, 'current_tab') === field(payload, 'tab_count') ? undefined : stepped(payload, 'seq_next', 1),
  ],
  [
    'edx.ui.lms.sequence.previous_selected',
    (payload) => (field(payload, 'current_tab') === 1 ? undefined : stepped(payload, 'seq_prev', -1)),
  ],
]);

/** Returns the change that events of this name undergo; undefined for all other events. */
export function sequenceChange(name: string): ReadChange | undefined {
  return CHANGES.get(name);
}

function stepped(payload: EventFields, type: string, offset: number): SequenceChange {
  const old = field(payload, 'current_tab');
  if (typeof old !== 'number') throw new TypeError('its field "current_tab" is not a number');
  return { type, old, new: old + offset };
}

function field(payload: EventFields, name: string): unknown {
  if (!Object.hasOwn(payload, name)) throw new TypeError(`its field "event" has no "${name}"`);
  return payload[name];
}
