import type { Job, Queue } from 'bull';
import { JOB_NAME, narrowJob, readJob, type EventJob, type ReadJob, type UnreadableEvent } from './event-job';
import { toNormalForm } from '../../event/normal-form';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { WalkLimits } from '../../event/value-limits';
import { isWithin } from '../../event/within-limits';
import type { CarrierHost } from '../../queues/event-carrier';
import { bullInternals } from './bull-internals';
import type { BullNodes } from './bull-nodes';
import { removeFailed } from './job-commands';

const SWEEP_PAGE = 100;
const LOCK_MS = 30_000;
/** Limits of a dead letter. Values nested deeper cannot be written and are cut there. */
const LETTER_LIMITS: WalkLimits = { maxDepth: 500, maxNodes: Infinity, maxTextLength: Infinity };

/**
 * Makes dead letters of jobs, or of single events in them, that no node of this application can
 * process.
 */
export class JobBurial {
  constructor(
    private readonly queue: Queue,
    private readonly nodes: Pick<BullNodes, 'find' | 'keeperFor'>,
    private readonly reports: Pick<CarrierHost, 'warnOnce'>,
  ) {}

  /**
   * Keeps each event as a dead letter with its id, and each unreadable event as a separate job. If
   * the job's node is not present, another node keeps each event as a separate job. When that is
   * redriven, it goes through the queue again to a worker that has the node.
   */
  bury(job: Job<EventJob>, read: ReadJob, reason: string): void {
    const { tracker, path, events } = read;
    const keeper = this.nodes.keeperFor(tracker);
    if (keeper === undefined) return;
    const isHere = this.nodes.find(tracker, path) !== undefined;
    this.buryUnreadable(job, read.unreadable);
    for (const { event, origin, index } of events) {
      if (isHere) keeper.keepLetter(path, keptForm(event), reason, origin);
      else keepRaw(keeper, keeper.path, event, narrowJob(job.data, [index]), reason);
    }
    this.reports.warnOnce(
      `buried ${tracker} ${path}`,
      `events became dead letters: ${reason}. See TrackingDeadLetters. (Logged once.)`,
    );
  }

  /** Keeps each event as a separate job, which can be redriven unchanged. */
  buryUnreadable(job: Job<EventJob>, unreadable: readonly UnreadableEvent[]): void {
    for (const { index, reason } of unreadable) this.buryRaw(job, reason, narrowJob(job.data, [index]));
  }

  buryRaw(job: Job<unknown>, reason: string, data = job.data): void {
    const { tracker, path } = (data ?? {}) as Partial<ReadJob>;
    const keeper = this.nodes.keeperFor(String(tracker));
    const shown = { name: 'unreadable job', timestamp: new Date(job.timestamp), id: String(job.id) };
    if (keeper === undefined) return;
    keepRaw(keeper, typeof path === 'string' ? path : keeper.path, shown, data, `unreadable: ${reason}`);
    this.reports.warnOnce(
      `unreadable ${this.queue.name}`,
      `a job of the queue "${this.queue.name}" became a dead letter: ${reason}. See TrackingDeadLetters. (Logged once.)`,
    );
  }

  /**
   * Keeps the jobs that Bull abandoned as dead letters. Each one crashed its workers repeatedly or
   * cannot be read.
   */
  async sweep(): Promise<void> {
    const { queue } = this;
    for (let kept = 0; ;) {
      const ids = await queue.client.zrange(queue.toKey('failed'), kept, kept + SWEEP_PAGE - 1);
      if (ids.length === 0) return;
      for (const id of ids) if (!(await this.buryById(id))) kept++;
    }
  }

  private async buryById(id: string): Promise<boolean> {
    let job: Job<unknown> | null;
    try {
      job = await this.queue.getJob(id);
    } catch (error) {
      // Bull parses the data and the options of a job when it reads it.
      if (error instanceof SyntaxError) return this.buryUnparsed(id);
      throw error;
    }
    return job?.name === JOB_NAME && (await this.buryFailed(job, job.failedReason ?? 'unknown'));
  }

  private async buryUnparsed(id: string): Promise<boolean> {
    const { queue } = this;
    const [name, data, timestamp] = await queue.client.hmget(queue.toKey(id), 'name', 'data', 'timestamp');
    const lockKey = `${queue.toKey(id)}:lock`;
    const isOurs =
      name === JOB_NAME && (await queue.client.set(lockKey, bullInternals(queue).token, 'PX', LOCK_MS, 'NX')) === 'OK';
    if (!isOurs) return false;
    const job = { id, queue, timestamp: Number(timestamp), data, lockKey: () => lockKey };
    this.buryRaw(job as unknown as Job<unknown>, 'it is not JSON');
    await removeFailed(job as unknown as Job<unknown>, '', 0);
    return true;
  }

  /**
   * Makes dead letters of a job that failed permanently.
   * @returns true if this worker has buried the job; other workers search at the same time
   */
  async buryFailed(job: Job<unknown>, why: string): Promise<boolean> {
    if (!(await job.takeLock()) || !(await job.isFailed())) return false;
    const read = readJob(job.data);
    let buried = 0;
    if (typeof read === 'string') this.buryRaw(job, read);
    else if (read.events.length > 0) {
      this.bury(job as Job<EventJob>, read, `given-up: Bull abandoned the job: ${why}`);
      buried = read.events.length + read.unreadable.length;
    }
    await removeFailed(job, typeof read === 'string' ? '' : read.emitter, buried);
    return true;
  }
}

/**
 * Keeps raw data as a dead letter that can be redriven.
 * @param shown name, timestamp and id of the dead letter
 */
function keepRaw(
  keeper: CarrierHost,
  path: string,
  { name, timestamp, id }: Pick<IdentifiedEvent, 'name' | 'timestamp' | 'id'>,
  raw: unknown,
  reason: string,
): void {
  const letter: IdentifiedEvent = { name, timestamp, id, context: {}, data: { raw: keptForm(raw) } };
  keeper.keepLetter(path, letter, reason, { isRaw: true });
}

function keptForm<Value>(value: Value): Value {
  return isWithin(value, LETTER_LIMITS) ? value : (toNormalForm(value, LETTER_LIMITS, () => undefined) as Value);
}
