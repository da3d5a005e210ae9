import type { EventRejection } from '../delivery/destination';
import type { IdentifiedEvent } from '../event/tracking-event';
import { LearningMappingException } from './mapping.exception';
import type { Resolved, Subjects } from './resolvers';

/** How one kind of conversion works. */
export interface BatchConversion<Actor, Made> {
  /**
   * Undefined for an event without a row.
   * @throws LearningMappingException for an incomplete event
   */
  readonly subjectsOf: (event: IdentifiedEvent) => Omit<Subjects, 'event'> | undefined;
  readonly resolve: (subjects: readonly Subjects[]) => Promise<Resolved<Actor>>;
  /** Reason to reject an event without a row. */
  readonly withoutRow: string;
  readonly convert: (event: IdentifiedEvent, known: Resolved<Actor>) => readonly Made[];
}

export interface ConvertedBatch<Made> {
  /** What was made, by the index of the event in the batch. */
  readonly made: ReadonlyMap<number, readonly Made[]>;
  readonly rejections: readonly EventRejection[];
}

/**
 * Converts a batch after its users and courses are resolved. An incomplete event is rejected for
 * good; one whose user or course could not be resolved is rejected for now.
 */
export async function convertBatch<Actor, Made>(
  events: readonly IdentifiedEvent[],
  { subjectsOf, resolve, withoutRow, convert }: BatchConversion<Actor, Made>,
): Promise<ConvertedBatch<Made>> {
  const subjects = new Map<number, Subjects>();
  const rejections: EventRejection[] = [];
  const attempt = (index: number, work: () => void): void => {
    try {
      work();
    } catch (error) {
      rejections.push({ index, reason: reasonOf(error), retryable: false });
    }
  };
  for (const [index, event] of events.entries()) {
    attempt(index, () => {
      const found = subjectsOf(event);
      if (found === undefined) rejections.push({ index, reason: withoutRow, retryable: false });
      else subjects.set(index, { event, ...found });
    });
  }
  const known = await resolve([...subjects.values()]);
  const made = new Map<number, readonly Made[]>();
  for (const [index, { user, courseIds }] of subjects) {
    const reason = [user, ...courseIds].map((key) => known.failures.get(key)).find((each) => each !== undefined);
    if (reason !== undefined) rejections.push({ index, reason, retryable: true });
    else {
      attempt(index, () => {
        made.set(index, convert(events[index] as IdentifiedEvent, known));
      });
    }
  }
  return { made, rejections };
}

/** The message of our own error; of any other, only its name: its message may quote the event. */
function reasonOf(error: unknown): string {
  if (error instanceof LearningMappingException) return error.message;
  return `the conversion threw ${error instanceof Error ? error.name : 'a value that is not an error'}`;
}
