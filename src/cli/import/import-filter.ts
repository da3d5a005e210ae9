import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import { wildcard } from '../log-file';

/** Which events of a log are imported. */
export interface ImportFilter {
  /** Names of events; `*` matches any characters.  @default all */
  readonly names?: readonly string[] | undefined;
  /** Names of events that are left out; `*` matches any characters.  @default none */
  readonly except?: readonly string[] | undefined;
  /** Time of the first event.  @default no limit */
  readonly from?: Date | undefined;
  /** Time after the last event.  @default no limit */
  readonly until?: Date | undefined;
  /** Ids of courses: `course_id` in the context, or else in the data.  @default all */
  readonly courses?: readonly string[] | undefined;
}

/** Why an event of a log is not imported. `no-time`: its time cannot be read. */
export type SkipReason = 'name' | 'time' | 'course' | 'no-time';

/** Returns the reason for which an event is skipped; undefined for an event that is imported. */
export type SkipEvent = (event: IdentifiedEvent) => SkipReason | undefined;

export function importFilter({ names, except = [], from, until, courses }: ImportFilter): SkipEvent {
  const wanted = names?.map(wildcard);
  const unwanted = except.map(wildcard);
  const [first, end] = [from?.getTime() ?? -Infinity, until?.getTime() ?? Infinity];
  const ofCourses = courses && new Set<unknown>(courses);
  const isWanted = remembered(
    (name) =>
      (wanted === undefined || wanted.some((each) => each.test(name))) && !unwanted.some((each) => each.test(name)),
  );
  return (event) => {
    if (!isWanted(event.name)) return 'name';
    const time = event.timestamp.getTime();
    if (time < first || time >= end) return 'time';
    return ofCourses === undefined || ofCourses.has(courseOf(event)) ? undefined : 'course';
  };
}

const MAX_NAMES = 10_000;

/** Remembers the answer for each name, since a log has many events of few names. */
function remembered(answer: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = answer(name);
    if (known.size < MAX_NAMES) known.set(name, found);
    return found;
  };
}

function courseOf({ context, data }: IdentifiedEvent): unknown {
  const inContext = context['course_id'];
  if (typeof inContext === 'string' && inContext !== '') return inContext;
  return typeof data === 'object' && (data as EventFields | null) !== null ? data['course_id'] : undefined;
}
