import { Inject, Injectable, Optional } from '@nestjs/common';
import { atMost } from '../../common/at-most';
import { RetryDelay } from '../../common/retry-delay';
import type { ConsumerHost, EventConsumer } from '../../intake/event-consumer';
import type { QueueProbe } from '../../routing/queue-probe';
import { NODE_OPTIONS } from '../../routing/tokens';
import { trackingLogCodec } from '../bus/avro';
import { CrashGuard } from './crash-guard';
import { GroupProgress } from './group-progress';
import { kafkaProbe } from './kafka-probe';
import { connectionOf, KAFKA_USE } from './kafka';
import { checkKafkaConsumerOptions, type KafkaConsumerOptions } from './kafka-consumer-options';
import { isTopicMissing } from './kafka-port';
import type { KafkaListener, KafkaReader, KafkaRecord, ReaderSettings, TopicPartition } from './kafka-reader';
import { KafkaReports } from './kafka-reports';
import { KafkaJsReader } from './kafkajs-reader';
import { OffsetCommits } from './offset-commits';
import { PlatformaticReader } from './platformatic-reader';
import { baseOptions, loadPlatformatic } from './platformatic-sender';
import { RecordIntake } from './record-intake';
import { SchemaGate } from './schema-gate';
import { ValueDecoder } from './value-decoder';

const LAG_MS = 5000;
const RETRY = { minDelayMs: 200, maxDelayMs: 5000 };
/** Time limit in milliseconds for each step of closing, because the brokers may be unreachable. */
const CLOSE_MS = 2000;
/** Smallest number of crashes that shows which entry causes them. */
const MIN_DELIVERIES = 3;

/**
 * Reads events from Kafka topics. A group commits one offset per partition. The offset moves past
 * finished records only, so after a crash, a rebalance or a restart the next member reads
 * unfinished records again, under the same event ids.
 *
 * States:
 * - New: before `begin`.
 * - Reading: `begin` moves here. A reader that fails is replaced by a new one after a delay.
 * - Ending: `end` moves here. Nothing more is read; records read before are still processed, and
 *   their offsets are committed.
 * - Closed: `close` moves here, after the last commit.
 */
@Injectable()
export class KafkaConsumer implements EventConsumer {
  private readonly decoder: ValueDecoder;
  private readonly makeReader: (settings: ReaderSettings) => KafkaReader;
  private readonly topicIds = new Map<string, string>();
  private readonly reports = new KafkaReports(() => this.host);
  private readonly progress = new GroupProgress(this.reports);
  private readonly guard: CrashGuard;
  private readonly commits: OffsetCommits;
  private readonly records: RecordIntake;
  private readonly ending = new AbortController();
  private host: ConsumerHost | undefined;
  private reader: KafkaReader | undefined;
  private reading: Promise<void> | undefined;
  private start: 'group' | 'new' | 'beginning';
  private lagTimer: NodeJS.Timeout | undefined;
  private lastLag: number | undefined;

  /**
   * Validates the options and prepares the reader.
   * @throws TrackingConfigException for invalid options
   * @throws MissingPeerException for a package that is not installed
   */
  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: KafkaConsumerOptions) {
    checkKafkaConsumerOptions(options);
    const { kafkajs, registry, maxInFlight = 2000, maxDeliveries = 10, start = 'group' } = options;
    this.start = start;
    this.decoder = new ValueDecoder(trackingLogCodec(KAFKA_USE), registry);
    this.guard = this.createGuard(maxInFlight, Math.max(maxDeliveries, MIN_DELIVERIES));
    const { progress, guard } = this;
    const [reader, isEnding] = [() => this.reader, () => this.isEnding()];
    this.commits = new OffsetCommits({ progress, guard, reader, isEnding });
    this.records = new RecordIntake({
      ...{ maxInFlight, decoder: this.decoder, progress, isEnding },
      intake: () => this.host?.intake,
      guardRoom: () => guard.room,
      onDone: () => {
        this.commits.soon();
      },
    });
    if (kafkajs !== undefined) {
      this.makeReader = (settings) => new KafkaJsReader(kafkajs as never, settings);
      return;
    }
    const library = loadPlatformatic(KAFKA_USE);
    this.makeReader = (settings) => new PlatformaticReader(library, baseOptions(connectionOf(options)), settings);
  }

  begin(host: ConsumerHost): void {
    this.host = host;
    this.reading = this.keepReading(new SchemaGate(this, this.decoder, { ...host, signal: this.ending.signal }));
    this.lagTimer = setInterval(() => void this.measureLag(), LAG_MS).unref();
  }

  end(): Promise<void> {
    this.ending.abort();
    this.reports.outage.end();
    this.reader?.stop();
    this.records.answerRoom();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.end();
    clearInterval(this.lagTimer);
    await atMost(CLOSE_MS, this.reading);
    await this.commits.finish(CLOSE_MS);
    await atMost(CLOSE_MS, this.guard.end());
    await atMost(CLOSE_MS, this.reader?.close());
    this.reader = undefined;
    this.progress.clear();
  }

  lag(): number | undefined {
    return this.lastLag;
  }

  /** @internal */
  probe(): QueueProbe {
    return kafkaProbe(this.readerSettings().topics, () => this.reader);
  }

  /** @internal */
  assigned(partitions: readonly TopicPartition[]): void {
    this.start = 'group'; // `start` applies once; later readers continue at the group's position
    this.reports.outage.answered();
    this.progress.assign(partitions);
    this.guard.begin();
    void this.measureLag();
  }

  /** @internal */
  prepare(partitions: readonly TopicPartition[]): Promise<void> {
    return this.guard.prepare(partitions);
  }

  /** @internal */
  missed(at: TopicPartition, from: bigint, to: bigint): void {
    this.reports.missed(at, from, to);
  }

  /** @internal */
  restarted(at: TopicPartition, from: bigint, to: bigint): void {
    this.progress.forget(at);
    this.reports.restarted(at, from, to);
  }

  /** @internal */
  room(): number {
    return this.records.room();
  }

  /** @internal */
  whenRoom(): Promise<void> {
    return this.records.whenRoom();
  }

  /** @internal */
  read(records: readonly KafkaRecord[]): void {
    if (this.isEnding() || this.guard.take(records)) return;
    void this.records.give(records);
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  private createGuard(maxInFlight: number, maxDeliveries: number): CrashGuard {
    return new CrashGuard({
      ...{ maxInFlight, maxDeliveries },
      isEnding: () => this.isEnding(),
      reader: () => this.reader,
      inFlight: () => this.records.inFlight,
      position: (at) => this.progress.positionIn(at),
      give: (records) => this.records.give(records),
      bury: (record, reason) => {
        this.records.bury(record, reason);
      },
      onNoted: (at, offset) => {
        this.progress.noted(at, offset);
      },
      whenCommitted: () => this.commits.whenIdle(),
      onRoom: () => {
        this.records.answerRoom();
      },
    });
  }

  private async keepReading(listener: KafkaListener): Promise<void> {
    const retry = new RetryDelay(RETRY);
    while (!this.isEnding()) {
      let reader: KafkaReader | undefined;
      try {
        reader = this.makeReader(this.readerSettings());
        this.reader = reader;
        await reader.run(listener);
      } catch (error) {
        if (this.isEnding()) return;
        // Progress so far may belong to a deleted topic. It must not move the group in a new topic
        // of the same name.
        this.progress.clear();
        if (!this.reports.outage.isFailing) retry.reset();
        // Every future record of a topic that does not exist yet is new.
        if (isTopicMissing(error)) this.start = 'group';
        this.reports.outage.failed(error as Error);
        this.reader = undefined;
        if (reader !== undefined) await atMost(CLOSE_MS, reader.close());
        await retry.wait(this.ending.signal);
      }
    }
  }

  private readerSettings(): ReaderSettings {
    const { group, topic = 'analytics', topics = [topic], sessionTimeoutMs = 10_000 } = this.options;
    const warn = (text: string): void => {
      this.host?.warn(text);
    };
    return { group, topics, start: this.start, sessionTimeoutMs, topicIds: this.topicIds, warn };
  }

  private async measureLag(): Promise<void> {
    const { reader } = this;
    if (reader === undefined) return;
    this.lastLag = await reader.lag().catch(() => undefined);
    await this.commits.failIfForgotten(reader).catch(() => false);
  }
}
