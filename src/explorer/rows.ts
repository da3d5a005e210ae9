import type { IdentifiedEvent } from '../event/tracking-event';
import type { Envelope } from '../event/envelope';
import { MASK } from '../processors/redact';
import type { EventJson, EventRow } from './api';
import type { FilterSubject } from './filter-subject';
import type { JournalEntry } from './journal/journal-entry';

/** The event as JSON. Dates become strings, as in a log line. */
export function eventJson(event: IdentifiedEvent): EventJson {
  return JSON.parse(JSON.stringify(event)) as EventJson;
}

/** Keys of the context under which the user of an event is looked for. */
const USER_KEYS = ['username', 'user_id', 'userId', 'user'] as const;
const MAX_ACTOR_LENGTH = 100;

/** The user of an event: where one key is redacted, another may still tell the users apart. */
function actorOf(envelope: Envelope): string | undefined {
  let actor: string | undefined;
  for (const key of USER_KEYS) {
    const value = envelope.context?.get(key);
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    actor = String(value).slice(0, MAX_ACTOR_LENGTH);
    if (actor !== MASK) return actor;
  }
  return actor;
}

export function rowOf(entry: JournalEntry, process: string): EventRow {
  const { envelope, seq, tracker, bytes, outcomes, violations } = entry;
  const actor = actorOf(envelope);
  const { id, name } = envelope;
  const time = envelope.event.timestamp;
  return {
    ...{ seq, id, process, tracker, name, bytes, outcomes, violations },
    time: time instanceof Date && Number.isFinite(time.getTime()) ? time.toISOString() : '',
    ...(actor !== undefined && { actor }),
  };
}

export function subjectOf(entry: JournalEntry, row: EventRow): FilterSubject {
  let json: EventJson | undefined;
  return {
    ...{ id: row.id, name: row.name, process: row.process, actor: row.actor, bytes: row.bytes },
    violations: entry.violations,
    outcomes: entry.outcomes,
    get event() {
      return (json ??= eventJson(entry.envelope.sharedStored()));
    },
  };
}
