import type { DeadLetterAction, JobState } from '../../api';
import { ApiFailure, getJson, postJson } from '../lib/api-client';
import { Store } from './store';

const POLL_MS = 400;
const SHOWN_AFTER_END_MS = 6_000;

/** Redrives and purges that run or have just ended; shown in every view. */
export const jobs = new Store<readonly JobState[]>([]);

export async function startJob(
  verb: JobState['action'],
  action: DeadLetterAction,
  header: string,
  tracker: string | undefined,
): Promise<void> {
  follow(await postJson<JobState>(`dead-letters/${verb}`, { tracker }, header, action));
}

/** Follows jobs that another page started, or this one before it was loaded again. */
export async function followRunningJobs(): Promise<void> {
  try {
    for (const job of await getJson<readonly JobState[]>('jobs')) if (job.state === 'running') follow(job);
  } catch {
    // Other requests of the page report why the API does not answer.
  }
}

function follow(job: JobState): void {
  show(job);
  if (job.state === 'running') setTimeout(() => void poll(job), POLL_MS);
  else
    setTimeout(() => {
      jobs.update((all) => all.filter(({ id }) => id !== job.id));
    }, SHOWN_AFTER_END_MS);
}

async function poll(job: JobState): Promise<void> {
  try {
    follow(await getJson<JobState>(`jobs/${encodeURIComponent(job.id)}`));
  } catch (error) {
    const isLasting = error instanceof ApiFailure && error.status >= 400 && error.status < 500;
    if (isLasting) follow({ ...job, state: 'failed', error: error.message });
    else setTimeout(() => void poll(job), POLL_MS * 5);
  }
}

function show(job: JobState): void {
  jobs.update((all) =>
    all.some(({ id }) => id === job.id) ? all.map((each) => (each.id === job.id ? job : each)) : [...all, job],
  );
}
