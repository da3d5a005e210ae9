import { estimateLength, hasDates, setField } from '../event/normal-form';
import type { ContextView } from '../event/envelope';
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
  private merged: EventFields | undefined;
  private json: string | undefined;
  private length: number | undefined;
  private isDateless: boolean | undefined;

  constructor(protected readonly parent: ContextView | undefined) {}

  get values(): EventFields {
    return (this.merged ??= this.merge());
  }

  text(): string {
    return (this.json ??= this.makeText());
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

  /** Whether the text of a view inside this one is to be made without this one's. */
  isPassedOver(): boolean {
    return false;
  }

  protected abstract makeText(): string;
  /** The object of the own values, where there is one already. */
  protected abstract ownObject(): EventFields | undefined;
  protected abstract ownKeys(): string[];
  /** One of the own values; undefined if there is none of that name. */
  protected abstract ownValue(key: string): unknown;
  protected abstract addOwn(values: EventFields): void;
  protected abstract ownLength(): number;
  protected abstract ownHasNoDates(): boolean;

  protected get hasText(): boolean {
    return this.json !== undefined;
  }

  /** Whether a value of the parent is not seen here: then its text cannot be used. */
  protected hidesValues(parent: ContextView): boolean {
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
  /** How often the text of a view inside this one was made without this one's. */
  private passed = 0;

  /** @param own what the scope has of its own, nobody else's */
  constructor(
    parent: ContextView | undefined,
    private readonly own: EventFields,
  ) {
    super(parent);
  }

  override isPassedOver(): boolean {
    if (this.hasText) return false;
    if (this.passed > 0) return false;
    this.passed++;
    return true;
  }

  /**
   * One call of JSON.stringify for all levels costs less than one each. But a job with a scope for each of its items must not
   * write its own context anew for each: so the text of a parent is made when it is needed again, and from then on added to.
   */
  protected makeText(): string {
    const { parent, own } = this;
    if (!(parent instanceof ScopeView) || parent.isPassedOver()) return JSON.stringify(this.values);
    return this.hidesValues(parent) ? JSON.stringify(this.values) : joinTexts(parent.text(), JSON.stringify(own));
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

  protected makeText(): string {
    const { parent } = this;
    if (parent !== undefined && this.hidesValues(parent)) return JSON.stringify(this.values);
    const [once, atEmit] = [this.once.text(), this.atEmit.text()];
    const text = `{${once}${once === '' || atEmit === '' ? '' : ','}${atEmit}}`;
    return parent === undefined ? text : joinTexts(parent.text(), text);
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

function joinTexts(outer: string, inner: string): string {
  if (outer === '{}') return inner;
  return inner === '{}' ? outer : `${outer.slice(0, -1)},${inner.slice(1)}`;
}

export const EMPTY_VIEW = new View(undefined, {});
