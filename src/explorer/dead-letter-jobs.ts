import type { DeadLetter, DeadLetterFilter } from '../delivery/dead-letter-box';
import type { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import type { DeadLetterAction, JobState } from './api';
import type { LetterReader } from './dead-letter-groups';

/** Number of jobs that are remembered. */
const MAX_JOBS = 100;
/** Milliseconds for which a job that has ended is listed. */
const LISTED_MS = 60_000;

interface Job {
  readonly id: string;
  readonly action: JobState['action'];
  readonly path: string | undefined;
  readonly of: number;
  done: number;
  state: JobState['state'];
  error?: string;
  endedAt?: number;
}

/** Dead letters that a job acts on. */
export interface JobLetters {
  readonly reader: LetterReader;
  readonly store: Pick<TrackingDeadLetters, 'redrive' | 'purge'>;
}

/**
 * Redrives and purges dead letters in the background, since thousands take a while.
 *
 * The number of letters that are done is counted by a condition of the filter: it is asked for each
 * matching letter, right before the letter is taken.
 */
export class DeadLetterJobs {
  private readonly jobs = new Map<string, Job>();
  private lastId = 0;

  /**
   * Starts an action.
   * @param onDone called with the number of letters once the action has ended well
   */
  async start(
    what: JobState['action'],
    { reader, store }: JobLetters,
    action: DeadLetterAction,
    onDone: (letters: number) => void,
  ): Promise<JobState> {
    const isMeant = ({ canRedrive }: DeadLetter): boolean => canRedrive || what === 'purge';
    const filter = letterFilter(action);
    let of = 0;
    await reader.visitInTurns(filter, (letter) => {
      if (isMeant(letter)) of++;
    });
    const job: Job = {
      ...{ id: String(++this.lastId), action: what, path: action.path, of, done: 0, state: 'running' },
    };
    this.jobs.set(job.id, job);
    this.forgetOld();
    const where = (letter: DeadLetter): boolean => {
      if (!isMeant(letter)) return false;
      job.done = Math.min(job.done + 1, of);
      return true;
    };
    store[what]({ ...filter, where }).then(
      (letters) => {
        Object.assign(job, { done: letters, state: 'done', endedAt: performance.now() });
        onDone(letters);
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        Object.assign(job, { error: text, state: 'failed', endedAt: performance.now() });
      },
    );
    return stateOf(job);
  }

  find(id: string): JobState | undefined {
    const job = this.jobs.get(id);
    return job && stateOf(job);
  }

  /** Jobs that run, or ended in the last minute; the oldest first. */
  list(): JobState[] {
    const from = performance.now() - LISTED_MS;
    return [...this.jobs.values()].filter(({ endedAt }) => endedAt === undefined || endedAt > from).map(stateOf);
  }

  private forgetOld(): void {
    for (const [id, { state }] of this.jobs) {
      if (this.jobs.size <= MAX_JOBS) return;
      if (state !== 'running') this.jobs.delete(id);
    }
  }
}

function stateOf({ id, action, path, done, of, state, error }: Job): JobState {
  return {
    ...{ id, action, done, of, state },
    ...(path !== undefined && { path }),
    ...(error !== undefined && { error }),
  };
}

/** The dead letters that an action means. */
export function letterFilter({ path, reason, id }: DeadLetterAction): DeadLetterFilter {
  return { path, reason, id };
}
