import type { Envelope } from '../event/envelope';
import { isConfigured } from '../ledger/reasons';
import type { EventDetail, EventDocumentation, EventLink, StepTrace, ViolationRow } from './api';
import type { JournalEntry, StepRecord } from './journal/journal-entry';
import { eventJson, rowOf } from './rows';
import { changesBetween } from './value-diff';

export interface DetailParts {
  readonly process: string;
  readonly documentation: EventDocumentation | undefined;
  readonly violations: readonly ViolationRow[];
  readonly parent: EventLink | undefined;
  readonly children: readonly EventLink[];
}

/** Makes the page of one event. */
export function detailOf(entry: JournalEntry, parts: DetailParts): EventDetail {
  const { documentation, violations, parent, children, process } = parts;
  const emitted = eventJson(entry.envelope.sharedStored());
  const text = JSON.stringify(emitted);
  const received = [...entry.versions].flatMap(([path, version]) => {
    const event = eventJson(version.sharedStored());
    return JSON.stringify(event) === text ? [] : [{ path, event }];
  });
  return {
    ...rowOf(entry, process),
    ...{ event: emitted, received, steps: entry.steps.map(stepTrace), attempts: [...entry.attempts] },
    context: entry.sources,
    ...(entry.location !== undefined && { location: entry.location }),
    ...(documentation !== undefined && { documentation }),
    violationList: violations,
    ...(parent !== undefined && { parent }),
    ...{ children, isCut: entry.isCut },
  };
}

function stepTrace({ path, processor, before, after, tookMs }: StepRecord): StepTrace {
  const step = { path, processor, tookUs: Math.round(tookMs * 10_000) / 10 };
  if ('dropped' in after) {
    return { ...step, result: dropResult(after.dropped), reason: after.dropped };
  }
  if (after === before) return { ...step, result: 'unchanged' };
  const changes = versionChanges(before, after);
  return changes.length === 0 ? { ...step, result: 'unchanged' } : { ...step, result: 'changed', changes };
}

function dropResult(reason: string): StepTrace['result'] {
  if (reason.startsWith('processor-failed')) return 'failed';
  return isConfigured(reason) ? 'filtered' : 'dropped';
}

function versionChanges(before: Envelope, after: Envelope): StepTrace['changes'] & object {
  const [old, now] = [eventJson(before.sharedStored()), eventJson(after.sharedStored())];
  return [
    ...changesBetween(old.name, now.name, 'name'),
    ...changesBetween(old.timestamp, now.timestamp, 'timestamp'),
    ...changesBetween(old.context, now.context, 'context'),
    ...changesBetween(old.data, now.data, 'data'),
  ];
}
