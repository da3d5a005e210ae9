import { Envelope } from '../event/envelope';
import type { IdentifiedEvent } from '../event/tracking-event';
import { callSite } from '../catalog/call-site';
import { runtimeOf } from '../tracker/runtime-of';
import type { TrackerRuntime } from '../tracker/tracker-runtime';
import type { TrackerService } from '../tracker/tracker.service';
import type { EventDetail, EventLink, EventRow, TrackerInfo, TreeState } from './api';
import { documentationFor } from './catalog-state';
import type { LetterReader } from './dead-letter-groups';
import { detailOf } from './event-detail';
import { EventJournal, type JournalListener } from './journal/event-journal';
import type { JournalEntry } from './journal/journal-entry';
import type { LiveNumbers } from './live/live-feed';
import type { LiveRow } from './live/watcher';
import { RateHistory } from './rate-history';
import { Redaction } from './redaction';
import type { ExplorerSettings } from './explorer-settings';
import { PROCESS_ID } from './process-info';
import { QueueInspector } from './queue-state';
import { rowOf, subjectOf } from './rows';
import { treeState } from './tree-state';
import { ViolationExamples } from './violation-examples';
import { violationsOfEvent, type ViolationSources } from './violation-rows';

let lastSeq = 0;

/** One tracker as the explorer sees it, and the observation of its events. */
export class ExploredTracker {
  readonly name: string;
  readonly journal: EventJournal;
  readonly rates = new RateHistory();
  readonly queues: QueueInspector;
  private readonly examples = new ViolationExamples();
  private readonly redaction: Redaction;
  private readonly runtime: TrackerRuntime;
  private stopListening: (() => void) | undefined;

  /** @throws TrackingConfigException for invalid options of `redact` */
  constructor(
    readonly service: TrackerService,
    { maxEvents, maxBytes, redact, isDevelopment }: ExplorerSettings,
  ) {
    this.name = service.name;
    this.runtime = runtimeOf(service);
    this.redaction = new Redaction(redact, this.runtime.gate.pii);
    this.queues = new QueueInspector(this.runtime);
    this.journal = new EventJournal({
      ...{ tracker: service.name, maxEvents, maxBytes },
      redact: (envelope) => this.redacted(envelope),
      locate: isDevelopment ? callSite : () => undefined,
      nextSeq: () => ++lastSeq,
    });
  }

  /** Starts to observe the events. */
  begin(listener: JournalListener): void {
    const { processing, deliveries } = this.runtime.parts;
    this.journal.listen({
      kept: (entry) => {
        this.examples.note(entry);
        listener.kept(entry);
      },
      changed: (entry) => {
        listener.changed(entry);
      },
    });
    processing.observer = this.journal;
    deliveries.observer = this.journal;
    this.stopListening = this.service.violations.onViolation(({ id, violations }) => {
      this.journal.violated(id, violations);
    });
  }

  end(): void {
    const { processing, deliveries } = this.runtime.parts;
    processing.observer = undefined;
    deliveries.observer = undefined;
    this.stopListening?.();
  }

  /** Redacts an event that is shown, wherever it comes from. */
  redacted(envelope: Envelope): Envelope {
    return this.redaction.apply(envelope);
  }

  /** Normal form of an event that was read from a store, redacted. */
  redactedStored(event: IdentifiedEvent): Envelope {
    const { normalizer } = this.runtime.parts;
    return this.redacted(Envelope.carried(normalizer.carried(event), {}, normalizer));
  }

  /** The dead letters of the tracker, to read them. */
  get letters(): LetterReader {
    return this.runtime.parts.deliveries.letters;
  }

  get violationSources(): ViolationSources {
    const { violations, catalog } = this.service;
    return { violations, catalog, examples: this.examples };
  }

  info(): TrackerInfo {
    const ends = [...this.runtime.tree.root.all()].filter(({ endsAs }) => endsAs !== undefined);
    return { name: this.name, destinations: ends.map(({ path }) => path) };
  }

  numbers(): LiveNumbers {
    const { journal, letters, service } = this;
    const { seen, kept } = journal;
    return { seen, kept, deadLetters: letters.total, violations: service.violations.list().length };
  }

  row(entry: JournalEntry): EventRow {
    return rowOf(entry, PROCESS_ID);
  }

  live(entry: JournalEntry): LiveRow {
    const row = this.row(entry);
    return { row, subject: subjectOf(entry, row) };
  }

  /** Yields the remembered events, newest first. */
  *newestFirst(): Generator<LiveRow> {
    for (const entry of this.journal.newestFirst()) yield this.live(entry);
  }

  /** All that is remembered of an event. */
  detail(entry: JournalEntry): EventDetail {
    const { journal, service } = this;
    const { name, parentId } = entry.envelope;
    return detailOf(entry, {
      process: PROCESS_ID,
      documentation: documentationFor(service.catalog, name),
      violations: violationsOfEvent(entry, this.violationSources),
      parent: parentId === undefined ? undefined : this.link(parentId),
      children: journal.childrenOf(entry.id).map(({ id, envelope }) => ({ id, name: envelope.name })),
    });
  }

  /** Link to an event, which may not be remembered. */
  link(id: string): EventLink {
    return { id, name: this.journal.find(id)?.envelope.name ?? id };
  }

  tree(): TreeState {
    return treeState(this.runtime.tree.root, this.service.ledger.nodes(), this.rates);
  }

  sampleRates(): void {
    this.rates.sample(this.service.ledger.nodes(), performance.now(), Date.now());
  }
}
