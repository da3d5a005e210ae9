/**
 * Reads events from Kafka topics. A group commits one offset per partition. The offset moves past
 * finished records only, so after a crash, a rebalance or a restart the next member reads
 * unfinished records again, under the same event ids.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { trackingLogCodec } from '../bus/avro';
import { connectionOf, KAFKA_USE } from './kafka';
import { isTopicMissing } from './kafka-port';
import { baseOptions, loadPlatformatic } from './platformatic-sender';
import { atMost } from '../../common/at-most';
import type { ConsumerSurroundings, EventConsumer, IncomingEntry } from '../../routing/event-consumer';
import { NODE_OPTIONS } from '../../routing/tokens';
import { CrashGuard } from './crash-guard';
import { GroupProgress } from './group-progress';
import { checkKafkaConsumerOptions, type KafkaConsumerOptions } from './kafka-consumer-options';
import { KafkaReports } from './kafka-reports';
import type { KafkaListener, KafkaReader, KafkaRecord, ReaderSettings, TopicPartition } from './kafka-reader';
import { KafkaJsReader } from './kafkajs-reader';
import type { OpenOffset, PartitionProgress } from './partition-progress';
import { PlatformaticReader } from './platformatic-reader';
import { RecordEntry } from './record-entry';
import { SchemaGate } from './schema-gate';
import { ValueDecoder } from './value-decoder';

/**
 * Milliseconds between finishing a record and the commit. After a crash, finished records without a
 * commit are read again.
 */
const COMMIT_MS = 200;
const LAG_MS = 5000;
const MIN_DELAY_MS = 200;
const MAX_DELAY_MS = 5000;
/** Time limit in milliseconds for each step of closing, because the brokers may be unreachable. */
const CLOSE_MS = 2000;
/**
 * Limit of records handed over in one turn of the event loop. Other work then waits only briefly,
 * and most records finish before the next turn.
 */
const MAX_PER_TURN = 100;
/**
 * Multiplied by `maxInFlight`: limit of the records from the first unfinished one on, including
 * finished ones that cannot be committed yet.
 */
const SPAN_FACTOR = 10;

@Injectable()
export class KafkaConsumer implements EventConsumer, KafkaListener {
  private readonly decoder: ValueDecoder;
  private readonly makeReader: (settings: ReaderSettings) => KafkaReader;
  private readonly maxInFlight: number;
  private readonly topicIds = new Map<string, string>();
  private readonly reports = new KafkaReports(() => this.surroundings);
  private readonly progress = new GroupProgress(this.reports);
  private readonly guard: CrashGuard;
  private readonly ending = new AbortController();
  private surroundings: ConsumerSurroundings | undefined;
  private reader: KafkaReader | undefined;
  private reading: Promise<void> | undefined;
  private start: 'group' | 'new' | 'beginning';
  private inFlight = 0;
  private takenThisTurn = 0;
  private roomWaiters: (() => void)[] = [];
  private commitTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> | undefined;
  private lagTimer: NodeJS.Timeout | undefined;
  private lastLag: number | undefined;

  /**
   * Validates the options and prepares the reader.
   * @throws TrackingConfigException for invalid options
   * @throws MissingPeerException for a package that is not installed
   */
  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: KafkaConsumerOptions) {
    checkKafkaConsumerOptions(options);
    this.decoder = new ValueDecoder(trackingLogCodec(KAFKA_USE), options.registry);
    const { kafkajs, maxInFlight = 2000, maxDeliveries = 10, start = 'group' } = options;
    this.maxInFlight = maxInFlight;
    this.guard = new CrashGuard({
      ...{ maxInFlight, maxDeliveries: Math.max(maxDeliveries, 3) },
      isEnding: () => this.ending.signal.aborted,
      reader: () => this.reader,
      inFlight: () => this.inFlight,
      position: (at) => this.progress.positionIn(at),
      give: (records) => this.give(records),
      bury: (record, reason) => {
        this.bury(record, reason);
      },
      onNoted: (at, offset) => {
        this.progress.noted(at, offset);
      },
      whenCommitted: () => this.committing ?? Promise.resolve(),
      onRoom: () => {
        this.answerRoom();
      },
    });
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
    this.reading = this.keepReading(
      new SchemaGate(this, this.decoder, { ...surroundings, signal: this.ending.signal }),
    );
    this.lagTimer = setInterval(() => void this.measureLag(), LAG_MS).unref();
  }

  end(): Promise<void> {
    this.ending.abort();
    this.reports.outage.end();
    this.reader?.stop();
    this.answerRoom();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.end();
    clearInterval(this.lagTimer);
    clearTimeout(this.commitTimer);
    await atMost(CLOSE_MS, this.reading);
    // A commit that was already running may lack the latest offsets.
    await atMost(CLOSE_MS, this.committing);
    await atMost(CLOSE_MS, this.commit());
    await atMost(CLOSE_MS, this.guard.end());
    await atMost(CLOSE_MS, this.reader?.close());
    this.reader = undefined;
    this.progress.clear();
  }

  lag(): number | undefined {
    return this.lastLag;
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.start = 'group'; // `start` applies once; later readers continue at the group's position
    this.reports.outage.answered();
    this.progress.assign(partitions);
    this.guard.begin();
    void this.measureLag();
  }

  prepare(partitions: readonly TopicPartition[]): Promise<void> {
    return this.guard.prepare(partitions);
  }

  missed(at: TopicPartition, from: bigint, to: bigint): void {
    this.reports.missed(at, from, to);
  }

  restarted(at: TopicPartition, from: bigint, to: bigint): void {
    this.progress.forget(at);
    this.reports.restarted(at, from, to);
  }

  room(): number {
    const { maxInFlight, progress, guard } = this;
    const span = maxInFlight * SPAN_FACTOR - progress.span;
    return Math.min(MAX_PER_TURN - this.takenThisTurn, maxInFlight - this.inFlight, span, guard.room ?? MAX_PER_TURN);
  }

  whenRoom(): Promise<void> {
    if (this.ending.signal.aborted || this.room() > 0) return Promise.resolve();
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  read(records: readonly KafkaRecord[]): void {
    if (this.ending.signal.aborted || this.guard.take(records)) return;
    void this.give(records);
  }

  /**
   * Hands records to the intake. Resolves when each is finished or can no longer finish before the
   * end. Never rejects.
   */
  private async give(records: readonly KafkaRecord[]): Promise<void> {
    const { surroundings } = this;
    if (surroundings === undefined) return;
    const taken: { readonly done: PartitionProgress; readonly open: OpenOffset }[] = [];
    const entries: IncomingEntry[] = [];
    for (const record of records) {
      const done = this.progress.of(record);
      if (done === undefined) continue;
      taken.push({ done, open: done.take(record.offset) });
      entries.push(new RecordEntry(record, this.decoder));
    }
    if (entries.length === 0) return;
    this.inFlight += entries.length;
    const given = surroundings.intake.take(entries, (index) => {
      this.inFlight--;
      const entry = taken[index];
      entry?.done.settle(entry.open);
      this.commitSoon();
      this.answerRoom();
    });
    this.endTurn(entries.length);
    await given;
  }

  private bury(record: KafkaRecord, reason: string): void {
    const done = this.progress.of(record);
    const open = done?.take(record.offset);
    this.surroundings?.intake.bury(new RecordEntry(record, this.decoder), reason);
    if (open !== undefined) done?.settle(open);
    this.commitSoon();
  }

  /**
   * Frees the limit of this turn after the work started by the entries has run, so that their
   * delivery gets its turn first.
   */
  private endTurn(taken: number): void {
    if (this.takenThisTurn === 0)
      setImmediate(() => {
        this.takenThisTurn = 0;
        this.answerRoom();
      });
    this.takenThisTurn += taken;
  }

  private async keepReading(listener: KafkaListener): Promise<void> {
    const { signal } = this.ending;
    let delayMs = MIN_DELAY_MS;
    while (!signal.aborted) {
      let reader: KafkaReader | undefined;
      try {
        reader = this.makeReader(this.readerSettings());
        this.reader = reader;
        await reader.run(listener);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted
        if (signal.aborted) return;
        // Progress so far may belong to a deleted topic. It must not move the group in a new topic
        // of the same name.
        this.progress.clear();
        if (!this.reports.outage.isFailing) delayMs = MIN_DELAY_MS;
        // Every future record of a topic that does not exist yet is new.
        if (isTopicMissing(error)) this.start = 'group';
        this.reports.outage.failed(error as Error);
        this.reader = undefined;
        if (reader !== undefined) await atMost(CLOSE_MS, reader.close());
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
    return { group, topics, start: this.start, sessionTimeoutMs, topicIds: this.topicIds, warn };
  }

  private commitSoon(): void {
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commit();
    }, COMMIT_MS);
  }

  /**
   * Commits finished offsets, one commit at a time, so that an older offset never overwrites a
   * newer one. Never rejects.
   */
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
    const moved = this.progress.toCommit().filter((at) => !this.guard.isInWindow(at));
    const { reader } = this;
    if (moved.length === 0 || reader === undefined) return;
    const progress = this.progress.snapshot();
    try {
      if (await this.isForgotten(reader)) return;
      await reader.commit(moved);
      this.progress.committed(moved, progress);
      await this.isForgotten(reader); // the topic may have been recreated since the check above
    } catch {
      // The group has changed or the response was lost. The offsets stay marked as finished and are
      // committed next time.
      if (!this.ending.signal.aborted) this.commitSoon();
    }
  }

  private async isForgotten(reader: KafkaReader): Promise<boolean> {
    const gone = reader === this.reader ? await this.progress.findForgotten(reader) : undefined;
    if (gone !== undefined) reader.fail(new Error(`the position of the group in the topic "${gone.topic}" is gone`));
    return gone !== undefined;
  }

  private async measureLag(): Promise<void> {
    const { reader } = this;
    if (reader === undefined) return;
    this.lastLag = await reader.lag().catch(() => undefined);
    await this.isForgotten(reader).catch(() => false);
  }

  private answerRoom(): void {
    if (this.roomWaiters.length === 0 || (this.room() <= 0 && !this.ending.signal.aborted)) return;
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}
