/**
 * Brings in what is on topics of Kafka. A group stands at one offset of each partition: it is moved over what is done and never
 * over what is not, so whoever reads on after a crash, a rebalance or a restart reads that again, under the same ids.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { trackingLogCodec, type TrackingLogCodec } from '../../backends/event-bus/avro';
import { unframed } from '../../backends/event-bus/kafka/confluent-frame';
import { connectionOf, KAFKA_USE } from '../../backends/event-bus/kafka/kafka';
import { describeKafkaError, isTopicMissing } from '../../backends/event-bus/kafka/kafka-port';
import { baseOptions, loadPlatformatic } from '../../backends/event-bus/kafka/platformatic-sender';
import { eventOf, TRACKING_EVENT_TYPE } from '../../backends/event-bus/tracking-log';
import { atMost } from '../../event/at-most';
import { deriveEventId } from '../../event/event-id';
import type { StoredEvent } from '../../event/tracking-event';
import type { ConsumerSurroundings, EventConsumer, IncomingEntry } from '../../routing/event-consumer';
import { NODE_OPTIONS } from '../../routing/tokens';
import { checkKafkaConsumerOptions, type KafkaConsumerOptions } from './kafka-consumer-options';
import type { KafkaListener, KafkaReader, KafkaRecord, ReaderSettings, TopicPartition } from './kafka-reader';
import { KafkaJsReader } from './kafkajs-reader';
import { PartitionProgress, type OpenOffset } from './partition-progress';
import { PlatformaticReader } from './platformatic-reader';

/** After what has been done is committed; what is done and not committed is read again after a crash. */
const COMMIT_MS = 200;
const LAG_MS = 5000;
const MIN_DELAY_MS = 200;
const MAX_DELAY_MS = 5000;
/** For what is still to be said to brokers that may be gone. */
const CLOSE_MS = 2000;
/** Records that are taken in one turn of the event loop: what waits for its turn meanwhile does not wait long, and most are done before the next. */
const MAX_PER_TURN = 100;
/** Of `maxInFlight`: entries that are done and cannot be committed, since one before them is not. */
const SPAN_FACTOR = 10;

@Injectable()
export class KafkaConsumer implements EventConsumer, KafkaListener {
  private readonly codec: TrackingLogCodec;
  private readonly makeReader: (settings: ReaderSettings) => KafkaReader;
  private readonly maxInFlight: number;
  private readonly progress = new Map<string, { readonly at: TopicPartition; readonly done: PartitionProgress }>();
  private readonly ending = new AbortController();
  private surroundings: ConsumerSurroundings | undefined;
  private reader: KafkaReader | undefined;
  private reading: Promise<void> | undefined;
  private start: 'group' | 'new' | 'beginning';
  private inFlight = 0;
  private takenThisTurn = 0;
  private roomWaiters: (() => void)[] = [];
  private isDown = false;
  private commitTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> | undefined;
  private lagTimer: NodeJS.Timeout | undefined;
  private lastLag: number | undefined;

  /** @throws TrackingConfigException, MissingPeerException */
  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: KafkaConsumerOptions) {
    checkKafkaConsumerOptions(options);
    this.codec = trackingLogCodec(KAFKA_USE);
    const { kafkajs, maxInFlight = 2000, start = 'group' } = options;
    this.maxInFlight = maxInFlight;
    this.start = start;
    if (kafkajs !== undefined) {
      this.makeReader = (settings) => new KafkaJsReader(kafkajs as never, settings);
      return;
    }
    const library = loadPlatformatic(KAFKA_USE);
    this.makeReader = (settings) => new PlatformaticReader(library, baseOptions(connectionOf(options)), settings);
  }

  begin(surroundings: ConsumerSurroundings): void {
    this.surroundings = surroundings;
    this.reading = this.keepReading();
    this.lagTimer = setInterval(() => void this.measureLag(), LAG_MS).unref();
  }

  end(): Promise<void> {
    this.ending.abort();
    this.reader?.stop();
    this.answerRoom();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.end();
    clearInterval(this.lagTimer);
    clearTimeout(this.commitTimer);
    await atMost(CLOSE_MS, this.reading);
    await atMost(CLOSE_MS, this.committing); // one that was under way may lack the last
    await atMost(CLOSE_MS, this.commit());
    await atMost(CLOSE_MS, this.reader?.close());
    this.reader = undefined;
    this.progress.clear();
  }

  lag(): number | undefined {
    return this.lastLag;
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.start = 'group'; // the next time it goes on
    if (this.isDown) this.surroundings?.tell('reads again');
    this.isDown = false;
    const ours = new Set(partitions.map(keyOf));
    // What another reads now begins anew here, should it come back: the other may have gone on meanwhile.
    for (const key of this.progress.keys()) if (!ours.has(key)) this.progress.delete(key);
    for (const at of partitions)
      if (!this.progress.has(keyOf(at))) this.progress.set(keyOf(at), { at, done: new PartitionProgress() });
    void this.measureLag();
  }

  room(): number {
    let span = 0;
    for (const { done } of this.progress.values()) span += done.span;
    const { maxInFlight } = this;
    return Math.min(MAX_PER_TURN - this.takenThisTurn, maxInFlight - this.inFlight, maxInFlight * SPAN_FACTOR - span);
  }

  whenRoom(): Promise<void> {
    if (this.ending.signal.aborted || this.room() > 0) return Promise.resolve();
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  read(records: readonly KafkaRecord[]): void {
    const { surroundings } = this;
    if (surroundings === undefined || this.ending.signal.aborted) return;
    const taken: { readonly done: PartitionProgress; readonly open: OpenOffset }[] = [];
    const entries: IncomingEntry[] = [];
    let last: KafkaRecord | undefined;
    let done: PartitionProgress | undefined;
    for (const record of records) {
      if (record.partition !== last?.partition || record.topic !== last.topic)
        done = this.progress.get(keyOf(record))?.done;
      last = record;
      const open = done?.take(record.offset);
      if (done === undefined || open === undefined) continue;
      taken.push({ done, open });
      entries.push(new RecordEntry(record, this.codec));
    }
    if (entries.length === 0) return;
    this.inFlight += entries.length;
    // It never rejects.
    void surroundings.intake.take(entries, (index) => {
      this.inFlight--;
      const entry = taken[index];
      entry?.done.settle(entry.open);
      this.commitSoon();
      this.answerRoom();
    });
    this.endTurn(entries.length);
  }

  /** After what the entries have begun: then their delivery has its turn before the next are taken. */
  private endTurn(taken: number): void {
    if (this.takenThisTurn === 0)
      setImmediate(() => {
        this.takenThisTurn = 0;
        this.answerRoom();
      });
    this.takenThisTurn += taken;
  }

  private async keepReading(): Promise<void> {
    const { signal } = this.ending;
    let delayMs = MIN_DELAY_MS;
    while (!signal.aborted) {
      const reader = this.makeReader(this.readerSettings());
      this.reader = reader;
      try {
        await reader.run(this);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have come in between
        if (signal.aborted) return;
        if (!this.isDown) delayMs = MIN_DELAY_MS;
        this.tellOutage(error);
        this.reader = undefined;
        await atMost(CLOSE_MS, reader.close());
        await wait(delayMs, undefined, { signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
      }
    }
  }

  private readerSettings(): ReaderSettings {
    const { group, topic = 'analytics', topics = [topic], sessionTimeoutMs = 10_000 } = this.options;
    const warn = (text: string): void => {
      this.surroundings?.warn(text);
    };
    return { group, topics, start: this.start, sessionTimeoutMs, warn };
  }

  private tellOutage(error: unknown): void {
    // All that will be on a topic which is not there yet is new.
    if (isTopicMissing(error)) this.start = 'group';
    if (!this.isDown)
      this.surroundings?.warn(
        `cannot read, and goes on trying: ${describeKafkaError(error)}. (Told once until it reads again.)`,
      );
    this.isDown = true;
  }

  private commitSoon(): void {
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commit();
    }, COMMIT_MS);
  }

  /** One at a time, or an older offset might come after a newer. Never rejects. */
  private async commit(): Promise<void> {
    if (this.committing !== undefined) {
      this.commitSoon();
      return;
    }
    this.committing = this.commitNow();
    await this.committing;
    this.committing = undefined;
  }

  private async commitNow(): Promise<void> {
    const moved = [...this.progress.values()].flatMap(({ at, done }) =>
      done.toCommit === undefined ? [] : [{ done, position: { ...at, offset: done.toCommit } }],
    );
    if (moved.length === 0 || this.reader === undefined) return;
    try {
      await this.reader.commit(moved.map(({ position }) => position));
      for (const { done, position } of moved) done.commit(position.offset);
    } catch {
      // Refused by a group that has changed, or not heard: what is done stays so, and is committed the next time.
      if (!this.ending.signal.aborted) this.commitSoon();
    }
  }

  private async measureLag(): Promise<void> {
    this.lastLag = await this.reader?.lag().catch(() => undefined);
  }

  private answerRoom(): void {
    if (this.roomWaiters.length === 0 || (this.room() <= 0 && !this.ending.signal.aborted)) return;
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}

class RecordEntry implements IncomingEntry {
  constructor(
    private readonly record: KafkaRecord,
    private readonly codec: TrackingLogCodec,
  ) {}

  get position(): string {
    const { topic, partition, offset } = this.record;
    return `${topic}:${String(partition)}:${String(offset)}`;
  }

  get raw(): Buffer {
    return this.record.value ?? Buffer.alloc(0);
  }

  decode(): StoredEvent {
    const { record } = this;
    const type = record.header('ce_type');
    if (type !== undefined && type !== TRACKING_EVENT_TYPE) throw new Error(`it is no tracking event, but "${type}"`);
    if (record.value === null) throw new Error('it has no value');
    const given = record.header('ce_id') ?? '';
    const id = given === '' ? deriveEventId(`kafka ${this.position}`, '', '', 0) : given;
    return eventOf(id, this.codec.decode(unframed(record.value)));
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${String(partition)}`;
}
