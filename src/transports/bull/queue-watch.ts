/**
 * Detects lost jobs. Redis does not report when a FLUSHALL, a restart without its file or an
 * eviction removes jobs. A key next to the queue therefore lives as long as the jobs. Each process
 * counts the events that it added and those that workers have settled. A process that finds the key
 * missing knows how many events are lost at most.
 */
import { randomUUID } from 'node:crypto';
import type { JobCounts, Queue } from 'bull';
import type { QueueCounts } from '../../ledger/counts';
import type { CarrierHost } from '../../queues/event-carrier';
import { RedisOutage } from '../redis-connecting';
import { MissingJobs } from './missing-jobs';
import { CLUSTER_FIX, isLoneNode } from './redis-cluster';
import { RedisMemory } from './redis-memory';

const LOOK_INTERVAL_MS = 5000;
const EMPTIED = 'was emptied (FLUSHALL, an eviction, or a Redis that lost its file)';
const TAKEN_AWAY =
  'holds no jobs any more, and nothing shows that they were finished (obliterate, empty or clean, or a failover to a replica that lagged)';

/** Events that one process added since the queue was last found empty. */
interface Account {
  readonly emitter: string;
  added: number;
  settled: number;
}

export class QueueWatch {
  private epoch: string | undefined;
  private account = openAccount();
  /**
   * Previous account, for a batch that was being sent under its emitter when the queue was found
   * empty.
   */
  private previous: Account | undefined;
  private emptied = 0;
  private counts: { readonly waitingJobs: number; readonly activeJobs: number; readonly lookedAt: Date } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly outage: RedisOutage;
  private isClusterReported = false;
  private readonly missing = new MissingJobs();
  readonly memory: RedisMemory;

  constructor(
    private readonly queue: Queue,
    private readonly reports: Pick<CarrierHost, 'warn' | 'tell'>,
    /** Milliseconds between two checks. */
    private readonly lookMs = LOOK_INTERVAL_MS,
  ) {
    this.memory = new RedisMemory(queue, reports);
    const redis = `the Redis of the queue "${queue.name}"`;
    this.outage = new RedisOutage(queue.client, {
      failing: ({ message }) => {
        reports.warn(
          `${redis} cannot be reached (${message}); events wait, and it is tried again. ` +
            'Fix: see that it runs, and check the address and the password that BullModule.registerQueue gives.',
        );
      },
      answering: () => {
        reports.tell(`${redis} answers again.`);
      },
    });
  }

  /** Id under which workers count the settled events of this process. */
  get emitter(): string {
    return this.account.emitter;
  }

  read(): QueueCounts {
    const { waitingJobs = 0, activeJobs = 0, lookedAt } = this.counts ?? {};
    return { waitingJobs, activeJobs, unsettledEvents: this.unsettled, emptiedEvents: this.emptied, lookedAt };
  }

  begin(): void {
    const { queue } = this;
    queue.on('error', this.onError);
    queue.client.on('ready', this.onReady);
    if (queue.client.status === 'ready') this.onReady();
    this.timer = setInterval(() => void this.refresh(), this.lookMs).unref();
  }

  end(): void {
    clearInterval(this.timer);
    this.queue.client.off('ready', this.onReady);
    this.queue.off('error', this.onError);
    this.outage.end();
  }

  /**
   * Checks the key and the counts. Called together with adding events, so that it costs no
   * additional waiting.
   */
  async look(): Promise<void> {
    const { client } = this.queue;
    const accounts = this.accounts();
    const keys = accounts.map(({ emitter }) => settledKey(this.queue, emitter));
    const [epoch, ...counts] = await client.mget(this.key('epoch'), ...keys);
    for (const [index, account] of accounts.entries()) {
      const settled = Number(counts[index] ?? 0);
      // A count that has expired starts again at 0.
      if (settled < account.settled) account.added -= account.settled;
      account.settled = settled;
    }
    if (epoch === undefined || epoch === null) await this.writeEpoch();
    else if (this.epoch !== undefined && epoch !== this.epoch) this.reportEmptied(epoch);
    else this.epoch = epoch;
  }

  /**
   * Counts events that were added to the queue.
   * @param emitter value of `emitter` when the job was written
   */
  put(events: number, emitter: string): void {
    for (const account of this.accounts()) if (account.emitter === emitter) account.added += events;
  }

  private get unsettled(): number {
    return this.accounts().reduce((sum, { added, settled }) => sum + Math.max(added - settled, 0), 0);
  }

  private sums(): { readonly added: number; readonly settled: number } {
    const unsettled = this.unsettled;
    const settled = this.accounts().reduce((sum, account) => sum + account.settled, 0);
    return { added: settled + unsettled, settled };
  }

  private accounts(): Account[] {
    return this.previous === undefined ? [this.account] : [this.account, this.previous];
  }

  private async writeEpoch(): Promise<void> {
    const epoch = randomUUID();
    const { client } = this.queue;
    await client.set(this.key('epoch'), epoch, 'NX');
    const found = (await client.get(this.key('epoch'))) ?? epoch;
    if (this.epoch === undefined) this.epoch = found;
    // If they are equal, another check of this process has already reported the loss.
    else if (found !== this.epoch) this.reportEmptied(found);
  }

  private reportEmptied(epoch: string | undefined, what = EMPTIED): void {
    const lost = this.unsettled;
    this.emptied += lost;
    this.epoch = epoch;
    this.previous = { emitter: this.emitter, added: 0, settled: 0 };
    this.account = openAccount();
    this.reports.warn(
      `the queue "${this.queue.name}" ${what}: of the events of this ` +
        `process at most ${String(lost)} were in the queue and are lost ('queue emptied'; emptiedEvents in the ledger). Fix: keep tracking in a Redis with appendonly yes and maxmemory-policy noeviction, and do not remove its jobs.`,
    );
  }

  private async refresh(): Promise<void> {
    const { queue } = this;
    if (queue.client.status !== 'ready') return;
    try {
      // Jobs of a paused queue are counted separately, in a field that the types omit.
      const counts = (await queue.getJobCounts()) as JobCounts & { paused?: number };
      const { waiting, active, delayed, failed, paused = 0 } = counts;
      this.counts = { waitingJobs: waiting + delayed + paused, activeJobs: active, lookedAt: new Date() };
      await this.memory.look();
      if (this.accounts().some(({ added }) => added > 0)) await this.look();
      const jobs = waiting + active + delayed + paused + failed;
      if (this.missing.areGone({ jobs, ...this.sums() })) this.reportEmptied(this.epoch, TAKEN_AWAY);
      this.outage.answered();
    } catch {
      // Redis may have become unreachable during the check; the next check follows soon
      void this.outage.ask();
    }
  }

  private async checkPolicy(): Promise<void> {
    const policy = await this.memory.look();
    if (policy === undefined || policy === 'noeviction') return;
    this.reports.warn(
      `the Redis of the queue "${this.queue.name}" may evict jobs when its memory is full (maxmemory-policy ${policy}), and their events with them. ` +
        'Fix: maxmemory-policy noeviction, so that a full Redis refuses events instead, which then wait here.',
    );
  }

  /**
   * Reports a cluster whose client does not know it. A node refuses keys of other nodes (MOVED),
   * and commands on keys of several slots (CROSSSLOT).
   */
  private async checkCluster(): Promise<void> {
    const { queue } = this;
    if (this.isClusterReported || !(await isLoneNode(queue))) return;
    this.isClusterReported = true;
    this.reports.warn(
      `the Redis of the queue "${queue.name}" is a Redis Cluster, but its client is not a cluster client: events may wait forever. Fix: ${CLUSTER_FIX}.`,
    );
  }

  private key(part: string): string {
    return this.queue.toKey(`tracking:${part}`);
  }

  private readonly onReady = (): void => {
    if (!this.outage.isAsking) void this.welcome();
  };

  /** Checks a new connection. Never rejects. */
  private async welcome(): Promise<void> {
    if (!(await this.outage.ask())) return;
    await this.checkPolicy();
    await this.checkCluster();
    await this.refresh();
  }

  private readonly onError = (error: Error): void => {
    // Bull also reports errors of commands, most of which say nothing about Redis.
    if (this.queue.client.status === 'ready') void this.outage.ask();
    else this.outage.failed(error);
  };
}

function openAccount(): Account {
  return { emitter: randomUUID(), added: 0, settled: 0 };
}

/** Returns the key under which workers count the settled events of one process. */
export function settledKey(queue: Queue, emitter: string): string {
  return queue.toKey(`tracking:settled:${emitter}`);
}
