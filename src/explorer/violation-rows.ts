import { generalPath } from '../catalog/violation';
import type { TrackingCatalog } from '../catalog/tracking-catalog';
import type { ViolationCount } from '../catalog/tracking-violations';
import type { ViolationRow } from './api';
import type { JournalEntry } from './journal/journal-entry';
import { schemaSuggestion } from './schema-suggestion';
import { valueOf, type ViolationExamples } from './violation-examples';

/** What the violations of a tracker are explained with. */
export interface ViolationSources {
  readonly violations: { list(): readonly ViolationCount[] };
  readonly catalog: Pick<TrackingCatalog, 'document'>;
  readonly examples: ViolationExamples;
}

/** All violations of a tracker, most frequent first, each with its last value. */
export function violationRows({ violations, catalog, examples }: ViolationSources): ViolationRow[] {
  return violations
    .list()
    .map((each) => violationRow(each, catalog, examples.find(each.event, each)))
    .sort((a, b) => b.count - a.count);
}

/** The violations of one event, with its values. */
export function violationsOfEvent(entry: JournalEntry, { violations, catalog }: ViolationSources): ViolationRow[] {
  const { found, envelope } = entry;
  if (found.length === 0) return [];
  const counts = violations.list();
  return found.flatMap((violation) => {
    const path = generalPath(violation.path);
    const count = counts.find(
      (each) => each.event === envelope.name && each.kind === violation.kind && each.path === path,
    );
    return count === undefined ? [] : [violationRow({ ...count, ...violation }, catalog, valueOf(entry, violation))];
  });
}

function violationRow(
  { firstAt, lastAt, ...violation }: ViolationCount,
  catalog: ViolationSources['catalog'],
  example: unknown,
): ViolationRow {
  const { event, path, kind, message, location, mode, count } = violation;
  const schema = catalog.document.events.find(({ name }) => name === event)?.data ?? undefined;
  const suggestion = schemaSuggestion({ kind, path: generalPath(path) }, schema, example);
  return {
    ...{ event, path, kind, message, location, mode, count },
    ...{ firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
    ...(example !== undefined && { example }),
    ...(suggestion !== undefined && { suggestion }),
  };
}
