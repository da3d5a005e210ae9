import { fieldsText } from '../event/json-text';
import { estimateLength, hasDates, setFields } from '../event/normal-form';
import type { ContextView, Finding } from '../event/envelope';
import type { EventFields } from '../event/tracking-event';
import type { FieldRow } from './field-row';

/**
 * Merges layers into `values`. The merge is shallow, as in the reference implementation: a nested
 * object is replaced, and a key keeps the position at which it first appeared.
 */
export function mergeLayers(values: EventFields, ...layers: readonly EventFields[]): EventFields {
  for (const layer of layers) setFields(values, layer);
  return values;
}

/**
 * The values that events of a scope carry. All these events share the view, so no code may change
 * it. Most events are only written: values are merged, and JSON is created, only when they are
 * requested.
 */
export abstract class ScopeView implements ContextView {
  findings: Finding | undefined;
  private merged: EventFields | undefined;
  private json: string | undefined;
  private joined: string | undefined;
  private isFlat = false;
  private length: number | undefined;
  private isDateless: boolean | undefined;

  constructor(protected readonly parent: ContextView | undefined) {}

  /** The view around this one. */
  get outer(): ContextView | undefined {
    return this.parent;
  }

  /** True if the view itself has the key, whatever the views around it have. */
  hasOwn(key: string): boolean {
    return this.ownValue(key) !== undefined;
  }

  get values(): EventFields {
    return (this.merged ??= this.merge());
  }

  text(): string {
    if (this.json === undefined) return (this.json = `{${this.body()}}`);
    // V8 stores the result of a concatenation as a tree of its parts, and would traverse it again
    // for each line that contains it. Reading a character flattens it.
    if (!this.isFlat) this.isFlat = this.json.charCodeAt(0) > 0;
    return this.json;
  }

  /**
   * Returns the values as JSON without the braces. Created once for each level; inner levels append
   * to it.
   */
  private body(): string {
    return (this.joined ??= this.makeBody());
  }

  private makeBody(): string {
    const { parent } = this;
    const own = this.ownText();
    if (parent === undefined) return own;
    if (this.hidesValues(parent)) return fieldsText(this.values);
    const outer = parent instanceof ScopeView ? parent.body() : parent.text().slice(1, -1);
    return outer === '' || own === '' ? `${outer}${own}` : `${outer},${own}`;
  }

  estimatedLength(): number {
    return this.json?.length ?? (this.length ??= this.ownLength() + (this.parent?.estimatedLength() ?? 0));
  }

  get hasNoDates(): boolean {
    return (this.isDateless ??= this.ownHasNoDates() && (this.parent?.hasNoDates ?? true));
  }

  get(key: string): unknown {
    const own = this.ownValue(key);
    return own === undefined ? this.parent?.get(key) : own;
  }

  /** Returns the own values as JSON without the braces. */
  protected abstract ownText(): string;
  /** Returns the object of the own values, if it already exists. */
  protected abstract ownObject(): EventFields | undefined;
  protected abstract ownKeys(): string[];
  /** Returns one of the own values; undefined if there is none with that name. */
  protected abstract ownValue(key: string): unknown;
  protected abstract addOwn(values: EventFields): void;
  protected abstract ownLength(): number;
  protected abstract ownHasNoDates(): boolean;

  /** True if an own value hides a value of the parent: the parent's JSON cannot be used then. */
  private hidesValues(parent: ContextView): boolean {
    for (const key of this.ownKeys()) if (parent.get(key) !== undefined) return true;
    return false;
  }

  /**
   * Merges into an object that is empty at first: V8 takes almost three times as long to add fields
   * to an object created by spread.
   */
  private merge(): EventFields {
    const own = this.parent === undefined ? this.ownObject() : undefined;
    if (own !== undefined) return own;
    const values: EventFields = {};
    this.addTo(values);
    return values;
  }

  /**
   * Adds the values from the outermost scope to the innermost. Values that were already merged are
   * reused.
   */
  private addTo(values: EventFields): void {
    const { parent, merged } = this;
    if (merged !== undefined) {
      mergeLayers(values, merged);
      return;
    }
    if (parent instanceof ScopeView) parent.addTo(values);
    else if (parent !== undefined) mergeLayers(values, parent.values as EventFields);
    this.addOwn(values);
  }
}

/** View of a scope whose values are an object. */
export class View extends ScopeView {
  /**
   * @param parent view around this one
   * @param own the scope's own values; no other code may change the object
   */
  constructor(
    parent: ContextView | undefined,
    private readonly own: EventFields,
  ) {
    super(parent);
  }

  protected ownText(): string {
    return fieldsText(this.own);
  }

  protected ownObject(): EventFields {
    return this.own;
  }

  protected ownKeys(): string[] {
    return Object.keys(this.own);
  }

  protected ownValue(key: string): unknown {
    return Object.hasOwn(this.own, key) ? this.own[key] : undefined;
  }

  protected addOwn(values: EventFields): void {
    mergeLayers(values, this.own);
  }

  protected ownLength(): number {
    return estimateLength(this.own);
  }

  protected ownHasNoDates(): boolean {
    return !hasDates(this.own);
  }
}

/** View of a request: the fields read once, and the fields read at each emit. */
export class RequestView extends ScopeView {
  /**
   * @param parent view around this one
   * @param once fields that were read once
   * @param atEmit fields that are read at each emit; no name occurs in both
   */
  constructor(
    parent: ContextView | undefined,
    private readonly once: FieldRow,
    private readonly atEmit: FieldRow,
  ) {
    super(parent);
  }

  protected ownText(): string {
    const [once, atEmit] = [this.once.text(), this.atEmit.text()];
    return once === '' || atEmit === '' ? `${once}${atEmit}` : `${once},${atEmit}`;
  }

  protected ownObject(): undefined {
    return undefined;
  }

  protected ownKeys(): string[] {
    return [...this.once.keys(), ...this.atEmit.keys()];
  }

  protected ownValue(key: string): unknown {
    const value = this.once.get(key);
    return value === undefined ? this.atEmit.get(key) : value;
  }

  protected addOwn(values: EventFields): void {
    this.once.addTo(values);
    this.atEmit.addTo(values);
  }

  protected ownLength(): number {
    return this.once.estimatedLength() + this.atEmit.estimatedLength() + 2;
  }

  protected ownHasNoDates(): boolean {
    return this.once.hasNoDates && this.atEmit.hasNoDates;
  }
}

export const EMPTY_VIEW = new View(undefined, {});
