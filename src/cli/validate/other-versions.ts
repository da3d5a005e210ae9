import type { EventDefinition } from '../../catalog/define-event';
import type { LoggedEvent } from '../event-line';
import type { LinePlace } from '../log-events';

/**
 * Events of one name that one other version of its definition created. `file` and `line` are the
 * position of the first.
 */
export interface OtherVersion extends LinePlace {
  readonly name: string;
  /** Version in the log. */
  readonly version: number;
  /** Version in the catalog. */
  readonly current: number;
  readonly count: number;
}

const MAX_ROWS = 1000;

/**
 * Filters out events created by another version of their definition, according to `schema.version`.
 * A version is raised for a change that breaks readers, so older events are expected to differ, and
 * are not violations.
 */
export class OtherVersions {
  /** Number of these events. */
  events = 0;
  private readonly byKey = new Map<string, { -readonly [Field in keyof OtherVersion]: OtherVersion[Field] }>();

  /** @returns true if another version created the event, so that it is not checked */
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

  /** Returns the rows by name, the oldest version first. At most 1,000. */
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
