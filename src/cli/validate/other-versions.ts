import type { EventDefinition } from '../../catalog/define-event';
import type { LoggedEvent } from '../event-line';
import type { LinePlace } from '../log-events';

/** Events of one name that were made by one other version of its definition. `file` and `line` are those of the first. */
export interface OtherVersion extends LinePlace {
  readonly name: string;
  /** The version in the log. */
  readonly version: number;
  /** The version in the catalog. */
  readonly current: number;
  readonly count: number;
}

const MAX_ROWS = 1000;

/**
 * Sorts out the events that say (in `schema.version`) that another version of their definition made them. A version is raised for
 * a change that breaks readers, so what the older ones hold is known to be different and is no violation.
 */
export class OtherVersions {
  /** How many events there were. */
  events = 0;
  private readonly byKey = new Map<string, { -readonly [Field in keyof OtherVersion]: OtherVersion[Field] }>();

  /** @returns true if the event is one of them, and is not to be checked */
  take({ schema }: LoggedEvent, { name, document }: EventDefinition, place: LinePlace): boolean {
    const version = versionIn(schema);
    if (version === undefined || version === document.version) return false;
    this.events++;
    const key = JSON.stringify([name, version]);
    const row = this.byKey.get(key);
    if (row !== undefined) row.count++;
    else if (this.byKey.size < MAX_ROWS)
      this.byKey.set(key, { name, version, current: document.version, count: 1, ...place });
    return true;
  }

  /** By name, the oldest version first. At most 1,000. */
  rows(): readonly OtherVersion[] {
    return [...this.byKey.values()].sort((one, other) =>
      one.name === other.name ? one.version - other.version : one.name < other.name ? -1 : 1,
    );
  }
}

function versionIn(schema: unknown): number | undefined {
  if (typeof schema !== 'object' || schema === null || !('version' in schema)) return undefined;
  const { version } = schema;
  return typeof version === 'number' && Number.isInteger(version) && version > 0 ? version : undefined;
}
