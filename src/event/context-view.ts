import { estimateLength, hasDates } from './form-copies';
import type { EventFields } from './tracking-event';

/**
 * The context that all events of one scope share, with its JSON text, made once for all of them.
 */
export interface ContextView {
  /** The context's values, made on the first read. Always the same object. */
  readonly values: object;
  text(): string;
  estimatedLength(): number;
  readonly hasNoDates: boolean;
  /** Returns one value without making all of them; undefined if no value has that name. */
  get(key: string): unknown;
  /**
   * Cached results of scans of the values, so that the next event with the same values needs no
   * scan.
   */
  findings: Finding | undefined;
}

/**
 * The result of one scan of shared values. It is not in a WeakMap, because an entry for each scope
 * costs an emit up to 1 µs.
 */
export interface Finding {
  /** The object that scanned the values and owns the result. */
  readonly by: unknown;
  readonly found: unknown;
  /** The next finding in the list, which has another owner. */
  readonly next: Finding | undefined;
}

/** A context that belongs to no scope: a processor made it for one event. */
export class OwnContext implements ContextView {
  findings: Finding | undefined;
  private json: string | undefined;

  /** @param values in normal form, and shared with no other object */
  constructor(readonly values: EventFields) {}

  text(): string {
    return (this.json ??= JSON.stringify(this.values));
  }

  estimatedLength(): number {
    return estimateLength(this.values);
  }

  get hasNoDates(): boolean {
    return !hasDates(this.values);
  }

  get(key: string): unknown {
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }
}
