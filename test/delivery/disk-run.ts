/**
 * A delivery on real files, whose looks at the disk the test makes itself instead of waiting a
 * second for each.
 */
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Delivery } from '../../src/delivery/delivery';
import type { DeliveryChange } from '../../src/ledger/delivery-notice';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { DiskHome } from '../../src/store/disk-home';
import { DiskStore } from '../../src/store/disk-store';
import { SegmentStore } from '../../src/store/segment-store';
import type { Outcome, OutcomeClaim } from '../../src/delivery/outcome-claim';
import { LetterStore } from '../../src/delivery/letter-store';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { Envelope, OwnContext } from '../../src/event/envelope';
import { readRecord } from '../../src/event/event-record';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import { scratchFolder } from '../store/scratch-folder';
import { Gate } from './gate';

const normalizer = new Normalizer(DEFAULT_LIMITS);
const runs = new Set<DiskRun>();

/** Small, so that few events fill memory and segments. */
const SMALL: DeliveryOptions = {
  maxEvents: 5,
  maxDiskBytes: 65_536,
  batch: { maxEvents: 4, maxWaitMs: 1 },
  retry: { minDelayMs: 1, maxDelayMs: 2 },
};

export class DiskRun {
  readonly gate = new Gate();
  readonly changes: DeliveryChange[] = [];
  readonly said: string[] = [];
  /** Everything that was accepted, by name. */
  readonly accepted: string[] = [];
  readonly homeErrors: Error[] = [];
  private number = 0;
  private readonly home: DiskHome;
  private queue!: Delivery;

  static async start(directory: string, options: DeliveryOptions): Promise<DiskRun> {
    const run = new DiskRun(directory);
    await run.open(options);
    runs.add(run);
    return run;
  }

  private constructor(readonly directory: string) {
    this.home = new DiskHome(directory, {
      onLost: (error) => this.homeErrors.push(error),
      onFound: () => undefined,
      onDistrusted: (why) => this.said.push(why),
    });
  }

  get delivery(): Delivery {
    return this.queue;
  }

  get folder(): string {
    if (this.home.folder === undefined) throw this.home.error;
    return this.home.folder;
  }

  /** @returns whether it was accepted */
  emit(claim?: OutcomeClaim): boolean {
    const name = `e${String(this.number++)}`;
    const context = new OwnContext({});
    const facts = { time: Date.now(), context, data: { filler: 'x'.repeat(900) }, depth: 0, parentId: undefined };
    const isAccepted =
      this.queue.accept(Envelope.of({ id: `id-${name}`, name, ...facts }, normalizer), claim) === undefined;
    if (isAccepted) this.accepted.push(name);
    return isAccepted;
  }

  /** Emits an event and claims its outcome. @returns what is known of it when it was accepted */
  emitClaimed(): Outcome | 'not yet' | 'refused' {
    let known: Outcome | 'not yet' = 'not yet';
    const isAccepted = this.emit({
      isRetained: false,
      onOutcome: (outcome) => {
        known = outcome;
      },
    });
    return isAccepted ? known : 'refused';
  }

  /** What the timers of an application do about once a second. */
  async look(): Promise<void> {
    this.home.check();
    await this.home.claim();
    this.queue.checkDisk();
  }

  async close(): Promise<void> {
    runs.delete(this);
    await this.queue.drain(20);
    await this.home.release();
  }

  private async open(options: DeliveryOptions): Promise<void> {
    await this.home.claim();
    const settings = resolveDelivery(SMALL, { directory: this.directory }, options);
    const stores = { maxBytes: settings.maxDiskBytes, fsync: settings.fsync };
    const deadLetters = new LetterStore(new DiskStore(this.home, ['gate', 'dead'], stores), 1e6);
    this.queue = new Delivery({
      ...{ path: 'gate', destination: this.gate, settings, deadLetters },
      store: new DiskStore(this.home, ['gate', 'queue'], stores),
      say: (text) => this.said.push(text),
      onChange: (change) => this.changes.push(change),
    });
  }
}

/**
 * The names of the events that a process would find which starts after a kill -9 at this moment, in
 * order.
 */
export function afterKill(directory: string, part: 'queue' | 'dead' = 'queue', path = '(gate|far)'): string[] {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return [];
  const copy = scratchFolder();
  const folders = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => new RegExp(`(^|/)${path}/${part}$`).test(name))
    .sort();
  return folders.flatMap((folder, at) => {
    const to = join(copy, String(at));
    cpSync(join(directory, folder), to, { recursive: true });
    const store = SegmentStore.open(to, { maxBytes: 1e9, fsync: false });
    const names = store.lease(1e6, 1e9).map(({ payload }) => readRecord(payload.toString()).event.name);
    store.close();
    return names;
  });
}

afterEach(async () => {
  for (const run of runs) await run.close();
});
