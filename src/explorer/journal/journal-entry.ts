import type { Violation } from '../../catalog/violation';
import type { Envelope } from '../../event/envelope';
import type { AttemptTrace, ContextSource, Outcome, OutcomeState } from '../api';
import { contextSources } from './context-sources';

/** What a processor did with an event. */
export interface StepRecord {
  readonly path: string;
  /** Place of the processor, for example `processors[0] (Redact)`. */
  readonly processor: string;
  readonly tookMs: number;
  /** The event before the step, redacted once the entry is kept. */
  before: Envelope;
  /** The event after the step, or why it ended there. */
  after: Envelope | { readonly dropped: string };
}

const NO_STEPS: StepRecord[] = [];
const NO_ATTEMPTS: AttemptTrace[] = [];
const NO_VERSIONS: ReadonlyMap<string, Envelope> = new Map();

/** Maximum number of steps, versions and attempts that are remembered for one event. */
const MAX_STEPS = 100;
const MAX_ATTEMPTS = 50;
const MAX_OUTCOMES = 100;
const MAX_FOUND = 20;

/**
 * One event as the explorer remembers it.
 *
 * States: `raw` (made inside `emit`; the values are those of the event) -> `kept` (redacted). Only
 * kept entries are shown. Outcomes and attempts are added in both states.
 */
export class JournalEntry {
  /** Shared by all entries without any, since most events have neither. */
  private ownSteps: StepRecord[] = NO_STEPS;
  private ownAttempts: AttemptTrace[] = NO_ATTEMPTS;
  private ownVersions: Map<string, Envelope> | undefined;
  /** First violations of the catalog. They contain no values. */
  found: readonly Violation[] = [];
  violations = 0;
  isKept = false;
  /** Where each key of the context comes from; empty until the entry is kept. */
  sources: readonly ContextSource[] = [];
  /** True if something was left out because there was too much of it. */
  isCut = false;
  bytes = 0;
  /** Memory that the journal counts for it, in bytes. */
  counted = 0;
  private readonly ends: Outcome[] = [];

  constructor(
    /** Number that grows with each event of the process. */
    readonly seq: number,
    /** Name of the tracker. */
    readonly tracker: string,
    public envelope: Envelope,
    /** Line of code that emitted the event; in development only. */
    readonly location: string | undefined,
  ) {}

  get id(): string {
    return this.envelope.id;
  }

  get steps(): readonly StepRecord[] {
    return this.ownSteps;
  }

  get attempts(): readonly AttemptTrace[] {
    return this.ownAttempts;
  }

  /** The versions that nodes received, by path, where they are not the emitted one. */
  get versions(): ReadonlyMap<string, Envelope> {
    return this.ownVersions ?? NO_VERSIONS;
  }

  get outcomes(): readonly Outcome[] {
    return [...this.ends];
  }

  /** Records violations of the catalog. */
  violate(violations: readonly Violation[]): void {
    this.violations += violations.length;
    this.found = [...this.found, ...violations].slice(0, MAX_FOUND);
    this.isCut ||= this.violations > MAX_FOUND;
  }

  /** Records the version that a node received. */
  reach(path: string, version: Envelope): void {
    if (version !== this.envelope) (this.ownVersions ??= new Map()).set(path, version);
  }

  /** Records the state at one end of the tree. */
  settle(path: string, state: OutcomeState, reason?: string): void {
    const outcome: Outcome = reason === undefined ? { path, state } : { path, state, reason };
    const at = this.indexOf(path);
    if (at >= 0) this.ends[at] = outcome;
    else if (this.ends.length < MAX_OUTCOMES) this.ends.push(outcome);
    else this.isCut = true;
  }

  /** Records the state only if none is known at the path: a delivery may have been faster. */
  begin(path: string, state: OutcomeState): void {
    if (this.indexOf(path) < 0) this.settle(path, state);
  }

  /** Corrects the last attempt: a destination answered it, and refused this event of the batch. */
  refuse(path: string, error: string | undefined): void {
    const at = this.ownAttempts.findLastIndex((attempt) => attempt.path === path);
    const attempt = this.ownAttempts[at];
    if (attempt?.result !== 'delivered') return;
    this.ownAttempts[at] = { ...attempt, result: 'rejected', ...(error !== undefined && { error }) };
  }

  addStep(step: StepRecord): void {
    if (this.ownSteps === NO_STEPS) this.ownSteps = [step];
    else if (this.ownSteps.length < MAX_STEPS) this.ownSteps.push(step);
    else this.isCut = true;
  }

  addAttempt(attempt: AttemptTrace): void {
    if (this.ownAttempts === NO_ATTEMPTS) this.ownAttempts = [attempt];
    else if (this.ownAttempts.length < MAX_ATTEMPTS) this.ownAttempts.push(attempt);
    else this.isCut = true;
  }

  /**
   * Takes what the versions need of the caller's data, which may change once `emit` has returned.
   */
  hold(): void {
    this.envelope.hold();
    for (const { after } of this.steps) if (!('dropped' in after)) after.hold();
  }

  /** Replaces every version with its redacted one. */
  keep(redacted: (envelope: Envelope) => Envelope): void {
    const known = new Map<Envelope, Envelope>();
    const once = (envelope: Envelope): Envelope => {
      const before = known.get(envelope);
      if (before !== undefined) return before;
      const after = redacted(envelope);
      known.set(envelope, after);
      return after;
    };
    this.bytes = this.envelope.bytes();
    this.sources = contextSources(this.envelope.context);
    this.envelope = once(this.envelope);
    for (const step of this.steps) {
      step.before = once(step.before);
      if (!('dropped' in step.after)) step.after = once(step.after);
    }
    for (const [path, version] of this.versions) this.ownVersions?.set(path, once(version));
    this.isKept = true;
  }

  private indexOf(path: string): number {
    for (let at = 0; at < this.ends.length; at++) if (this.ends[at]?.path === path) return at;
    return -1;
  }

  /** Approximate memory of the entry in bytes. */
  get weight(): number {
    const versions = new Set([this.envelope, ...this.versions.values()]);
    return 500 + [...versions].reduce((sum, version) => sum + 2 * version.estimatedLength(), 0);
  }
}
