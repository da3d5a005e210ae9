import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SendFailedException,
  type DeliveryOptions,
  type DestinationCounts,
  type IdentifiedEvent,
} from '../../src/entries';
import { Deliveries } from '../../src/delivery/deliveries';
import type { Delivery } from '../../src/delivery/delivery';
import { Envelope, OwnContext } from '../../src/event/envelope';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import { Notices } from '../../src/common/notices';
import { RecordingLogger } from '../support/start-tracking';
import { until } from '../support/until';
import { imbalance } from './books';
import { Gate, type Behaviour } from './gate';
import type { Config, Mood, Step } from './life-steps';

const isOdd = ({ name }: { readonly name: string }): boolean => Number(name.slice(1)) % 2 === 1;

/** What is answered is seen by the delivery in the same turn: between them, it cannot close. */
const moods: Readonly<Record<Mood, Behaviour>> = {
  'takes all': () => Promise.resolve(),
  'refuses some': (events) => Promise.resolve(someOf(events, false)),
  'asks for some later': (events) => Promise.resolve(someOf(events, true)),
  'refuses whole': () => Promise.reject(SendFailedException.create({ reason: 'refused', retryable: false })),
  fails: () => Promise.reject(new Error('down')),
  'does not answer': (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    }),
};

function someOf(
  events: readonly IdentifiedEvent[],
  retryable: boolean,
): { index: number; reason: string; retryable: boolean }[] {
  return events.flatMap((event, index) => (isOdd(event) ? [{ index, reason: 'odd', retryable }] : []));
}

const normalizer = new Normalizer(DEFAULT_LIMITS);

/** For what is left at the end, which a destination takes that answers at once. */
const PATIENCE_MS = 3000;

/** One application after the other on one directory, and what an onlooker knows of every event. */
export class Lives {
  /** Ids that a delivery has taken. */
  readonly accepted = new Set<string>();
  /** Ids that the destination has taken; each as often. */
  readonly arrived: string[] = [];
  /** Dead letters that were taken out, or went with the memory they were in. */
  private lettersGone = 0;
  /** The counts of the lives that have ended. */
  private readonly ended: DestinationCounts[] = [];
  private gate = new Gate();
  private deliveries = new Deliveries('default', {}, new Notices(new RecordingLogger()));
  private delivery: Delivery | undefined;
  private mood: Mood = 'takes all';
  private emitted = 0;
  /** Books that did not balance. */
  private readonly seenWrong: DestinationCounts[] = [];
  private readonly directory: string | undefined;

  constructor(private readonly config: Config) {
    this.directory = config.hasDisk ? mkdtempSync(join(tmpdir(), 'tracking-books-')) : undefined;
  }

  async start(): Promise<void> {
    const { options } = this.config;
    const delivery: DeliveryOptions = {
      ...options,
      durable: options.durable && this.config.hasDisk,
      directory: this.directory,
    };
    this.gate = new Gate();
    this.gate.behave = async (events, signal) => {
      this.note();
      const rejections = (await moods[this.mood](events, signal)) ?? [];
      const refused = new Set(rejections.map(({ index }) => index));
      this.arrived.push(...events.flatMap(({ id }, index) => (refused.has(index) ? [] : [id])));
      return rejections;
    };
    this.deliveries = new Deliveries('default', delivery, new Notices(new RecordingLogger()));
    if (this.directory !== undefined) await this.deliveries.claim([this.directory]);
    this.deliveries.watch(() => this.note());
    this.delivery = this.deliveries.open('gate', 'gate', this.gate, this.deliveries.settingsFor(Gate, undefined));
    await this.deliveries.beginAdopting();
    // What was left is found again, all of it: by now some may have been sent already, but none is
    // forgotten.
    expect(this.counts().recovered).toBe(this.ended.at(-1)?.handedOver ?? 0);
  }

  async run(next: Step): Promise<void> {
    switch (next.does) {
      case 'emit':
        for (let n = 0; n < next.events; n++) this.emit(next.fillers);
        break;
      case 'mood':
        this.mood = next.mood;
        break;
      case 'flush':
        await this.current.flush();
        break;
      case 'turn':
        await new Promise(setImmediate);
        break;
      case 'redrive':
        this.lettersGone += await this.deliveries.letters.redrive(
          next.only === 'all' ? {} : { where: ({ event }) => isOdd(event) },
        );
        break;
      case 'purge':
        this.lettersGone += await this.deliveries.letters.purge(
          next.only === 'all' ? {} : { where: ({ event }) => isOdd(event) },
        );
        break;
      case 'restart':
      case 'exit':
        await this.end(next.does === 'exit');
        await this.start();
        break;
    }
    this.check();
  }

  /**
   * The destination takes all that is left; then the books of all lives are laid beside what the
   * onlooker knows.
   */
  async conclude(): Promise<void> {
    this.mood = 'takes all';
    const isDone = (): boolean => {
      void this.current.flush();
      return this.counts().pending === 0;
    };
    await until(isDone, () => JSON.stringify(this.counts()), PATIENCE_MS);
    this.check();
    const last = this.counts();
    const all = [...this.ended, last];
    const sum = (of: (counts: DestinationCounts) => number): number =>
      all.reduce((total, counts) => total + of(counts), 0);
    const dropped = sum((counts) => Object.values(counts.dropped).reduce((total, count) => total + count, 0));

    // Each event once, although it may have been sent more often than it was answered.
    expect(new Set(this.arrived).size).toBe(this.arrived.length);
    expect(sum(({ delivered }) => delivered)).toBe(this.arrived.length);
    expect(sum(({ accepted }) => accepted)).toBe(this.accepted.size);
    expect(this.arrived.filter((id) => !this.accepted.has(id))).toEqual([]);
    expect(sum(({ recovered }) => recovered)).toBe(sum(({ handedOver }) => handedOver));
    // Every one that came has ended.
    expect(this.accepted.size + sum(({ redriven }) => redriven)).toBe(
      this.arrived.length + sum(({ deadLettered }) => deadLettered) + dropped,
    );
    // So has every dead letter, or it is kept.
    expect(sum(({ deadLettered }) => deadLettered)).toBe(
      last.deadLetters + this.lettersGone + sum(({ forgottenDeadLetters }) => forgottenDeadLetters),
    );
    // Nothing is dropped but for want of room, or at an end without a disk.
    for (const { dropped: reasons } of all) {
      const allowed = this.config.hasDisk ? ['queue-full'] : ['queue-full', 'shutdown'];
      // At the end, what does not fit on the disk either.
      if (this.config.hasDisk) allowed.push('shutdown');
      expect(Object.keys(reasons).filter((reason) => !allowed.includes(reason))).toEqual([]);
    }
  }

  async close(): Promise<void> {
    await this.delivery?.drain(5);
    await this.deliveries.close();
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
  }

  private async end(isExit: boolean): Promise<void> {
    const letters = this.config.hasDisk ? 0 : this.counts().deadLetters;
    const before = this.counts();
    if (isExit) this.current.flushSync();
    else await this.current.drain(3);
    const counts = this.counts();
    this.check();
    expect(counts.pending).toBe(0);
    expect(this.emitOne(10)).toBe('closed');
    if (!this.config.hasDisk) {
      expect(counts.handedOver).toBe(0);
      // In memory, and gone with it: those of before, and those that died while it drained.
      this.lettersGone +=
        letters +
        (counts.deadLettered - before.deadLettered) -
        (counts.forgottenDeadLetters - before.forgottenDeadLetters);
    }
    this.ended.push(counts);
    await this.deliveries.close();
  }

  private emit(fillers: number): void {
    if (this.emitOne(fillers) === undefined) this.accepted.add(`id-${String(this.emitted)}`);
    this.check();
  }

  private emitOne(fillers: number): string | undefined {
    const number = ++this.emitted;
    const data = { filler: 'x'.repeat(fillers) };
    const facts = { id: `id-${String(number)}`, name: `e${String(number)}`, time: 0, data };
    const context = new OwnContext({});
    return this.current.accept(Envelope.of({ ...facts, context, depth: 0, parentId: undefined }, normalizer));
  }

  private check(): void {
    this.note();
    expect(this.seenWrong).toEqual([]);
  }

  /**
   * For where an error that is thrown would be taken for one of the destination, or of a listener.
   */
  private note(): void {
    const { delivery } = this;
    if (delivery === undefined) return; // it is being opened
    const counts = delivery.counts();
    if (imbalance(counts) !== 0 || counts.pending < 0) this.seenWrong.push(counts);
  }

  private get current(): Delivery {
    if (this.delivery === undefined) throw new Error('it has not started');
    return this.delivery;
  }

  private counts(): DestinationCounts {
    return this.current.counts();
  }
}
