/**
 * Adds jobs whose events are JSON texts. Bull takes an object and writes its text itself, so every
 * event would become an object first, and its text would be made twice.
 */
import type { Job, JobOptions, Queue } from 'bull';
import { JOB_NAME, type EventJob, type WrittenJob } from './event-job';

/** The script of Bull that adds a job, with its keys and arguments in one list. */
type AddJob = (command: unknown[]) => Promise<unknown>;

/** Parts of Bull that its types omit. */
interface AddingQueue {
  readonly constructor: {
    readonly Job?: { create(queue: object, name: string, data: object, options: JobOptions): Promise<Job> };
  };
  readonly client: { readonly addJob: AddJob };
  readonly defaultJobOptions?: JobOptions;
  readonly limiter?: { readonly groupKey?: string };
}

/** Adds a job in the format of `EventJob`. */
export async function addJobText(queue: Queue, { head, events }: WrittenJob, options: JobOptions): Promise<void> {
  const headText = JSON.stringify(head);
  const command = await commandOf(queue, head, options);
  const at = command?.indexOf(headText) ?? -1;
  if (command === undefined || at < 0) {
    const job: EventJob = { ...head, events: events.map((text) => JSON.parse(text) as object) };
    await queue.add(JOB_NAME, job, options);
    return;
  }
  command[at] = `${headText.slice(0, -1)},"events":[${events.join(',')}]}`;
  await (queue as unknown as AddingQueue).client.addJob(command);
}

/**
 * Returns the keys and arguments with which Bull would add a job. They differ between versions of
 * Bull, so Bull makes them, for a client that records them and sends nothing.
 * @returns undefined if they are unknown: the queue is not Bull's, the application replaced its
 *   `add`, or the name of the job depends on the events
 */
async function commandOf(queue: Queue, data: object, options: JobOptions): Promise<unknown[] | undefined> {
  const { constructor, defaultJobOptions, limiter } = queue as unknown as AddingQueue;
  if (constructor.Job === undefined || Object.hasOwn(queue, 'add') || limiter?.groupKey !== undefined) return undefined;
  let recorded: unknown[] | undefined;
  const addJob: AddJob = (command) => {
    recorded = command;
    return Promise.resolve(options.jobId);
  };
  const recorder = Object.create(queue, { client: { value: { addJob } } }) as object;
  await constructor.Job.create(recorder, JOB_NAME, data, { ...defaultJobOptions, ...options });
  return recorded;
}
