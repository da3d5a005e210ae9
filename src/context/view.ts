import { fieldsText } from '../event/json-text';
import { estimateLength, hasDates, setField } from '../event/normal-form';
import type { ContextView, Finding } from '../event/envelope';
import type { EventFields } from '../event/tracking-event';
import type { FieldRow } from './field-row';

/** Shallow, as in the reference: a nested object is replaced, and a key keeps the place where it first stood. */
export function mergeLayers(values: EventFields, ...layers: readonly EventFields[]): EventFields {
  for (const layer of layers) {
    for (const key of Object.keys(layer)) setField(values, key, layer[key]);
  }
  return values;
}

/**
 * The values that events of a scope carry. Shared by all of them, so nobody may change it. Most events are only written: so
 * the values are merged, and their text made, when somebody asks.
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

  get values(): EventFields {
    return (this.merged ??= this.merge());
  }

  text(): string {
    if (this.json === undefined) return (this.json = `{${this.body()}}`);
    // V8 has it as a tree of its parts, and would walk that anew for each line it becomes a part of: asking for a character
    // makes it one piece.
    if (!this.isFlat) this.isFlat = this.json.charCodeAt(0) > 0;
    return this.json;
  }

  /** What stands between the braces. Made once for each level, and added to by those inside it. */
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

  /** What stands between the braces of the own values. */
  protected abstract ownText(): string;
  /** The object of the own values, where there is one already. */
  protected abstract ownObject(): EventFields | undefined;
  protected abstract ownKeys(): string[];
  /** One of the own values; undefined if there is none of that name. */
  protected abstract ownValue(key: string): unknown;
  protected abstract addOwn(values: EventFields): void;
  protected abstract ownLength(): number;
  protected abstract ownHasNoDates(): boolean;

  /** Whether a value of the parent is not seen here: then its text cannot be used. */
  private hidesValues(parent: ContextView): boolean {
    for (const key of this.ownKeys()) if (parent.get(key) !== undefined) return true;
    return false;
  }

  /** Into an object that begins empty: V8 takes almost three times as long to add fields to one that was spread. */
  private merge(): EventFields {
    const own = this.parent === undefined ? this.ownObject() : undefined;
    if (own !== undefined) return own;
    const values: EventFields = {};
    this.addTo(values);
    return values;
  }

  /** From the outermost inwards; what was merged before is not put together again. */
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

/** The view of a scope whose values are an object. */
export class View extends ScopeView {
  /** @param own what the scope has of its own, nobody else's */
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

/** The view of a request: what was read of it once, and what is read at each emit. */
export class RequestView extends ScopeView {
  /** @param once @param atEmit without a name in common */
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
