import { estimateLength, hasDates, setField } from '../event/normal-form';
import type { ContextView } from '../event/envelope';
import type { EventFields } from '../event/tracking-event';

interface Entry {
  readonly name: string;
  readonly values: EventFields;
}

/** Scopes inside each other; each costs a step of the stack and some memory. */
const MAX_DEPTH = 100;

/**
 * A place in the chain of contexts, opened by `context()`, by a request, by @TrackingContext. Its parent is fixed; the named
 * entries in it are not. What was entered in a scope is gone when the scope is, however it ends: nothing has to be undone.
 */
export class Scope {
  private readonly entries: Entry[];
  private isChanged = true;
  private memo: View | undefined;
  private memoOfParent: View | undefined;
  private readonly depth: number;

  /** @param entries those it begins with; to be its own */
  constructor(
    private readonly parent: Scope | undefined,
    entries: Entry[] = [],
  ) {
    this.entries = entries;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /**
   * A new scope inside this one, with its first entry as `enter` takes it. A job that begins its next round inside its own scope opens each round in that of the last:
   * so a chain that grows too long is folded, or it would take all memory in the end, and the stack before that. Those beyond
   * it still carry its values, but no longer notice when an entry changes there.
   */
  open(name: string, values: EventFields): Scope {
    return new Scope(this.depth < MAX_DEPTH ? this : this.folded(), [{ name, values }]);
  }

  /** Adds an entry, which is the latest from now on. @param values in normal form, and nobody else's */
  enter(name: string, values: EventFields): void {
    this.entries.push({ name, values });
    this.isChanged = true;
  }

  /** Removes the latest entry of that name, which shows again what it hid. @returns whether there was one */
  exit(name: string): boolean {
    const at = this.entries.findLastIndex((entry) => entry.name === name);
    if (at < 0) return false;
    this.entries.splice(at, 1);
    this.isChanged = true;
    return true;
  }

  /** Names that are open here and around, innermost first. */
  openNames(): string[] {
    return [...this.entries.map(({ name }) => name).reverse(), ...(this.parent?.openNames() ?? [])];
  }

  /** The merged values, made once until an entry changes here or in a parent. */
  view(): View {
    const ofParent = this.parent?.view();
    if (this.memo !== undefined && !this.isChanged && ofParent === this.memoOfParent) return this.memo;
    this.memo = this.merge(ofParent);
    this.memoOfParent = ofParent;
    this.isChanged = false;
    return this.memo;
  }

  /** What this scope adds before its entries; a request has its fields here. */
  protected ownValues(): EventFields | undefined {
    return undefined;
  }

  protected dropMemo(): void {
    this.isChanged = true;
  }

  /** Whether its values may come at any time, so that it cannot be folded. */
  protected get isRoot(): boolean {
    return this.parent === undefined;
  }

  /** One scope with the values of this one and those around it, up to the root of the chain. */
  private folded(): Scope {
    const layers: EventFields[] = [];
    const root = this.collectUp(layers);
    return new Scope(root, [{ name: '(folded)', values: mergeLayers({}, ...layers) }]);
  }

  /** @returns the root */
  private collectUp(layers: EventFields[]): Scope {
    if (this.isRoot || this.parent === undefined) return this;
    layers.unshift(...this.entries.map(({ values }) => values));
    return this.parent.collectUp(layers);
  }

  private merge(ofParentOrNothing: View | undefined): View {
    const own = this.ownValues();
    const [only] = this.entries;
    const ofParent = ofParentOrNothing === EMPTY_VIEW ? undefined : ofParentOrNothing;
    // A request has no entry and most scopes have one: nothing is put together for them that would only be garbage.
    if (own !== undefined && only === undefined) return new View(ofParent, own);
    if (own === undefined && only !== undefined && this.entries.length === 1) return new View(ofParent, only.values);
    const layers = this.entries.map(({ values }) => values);
    if (own !== undefined) layers.unshift(own);
    return layers.length === 0 ? (ofParent ?? EMPTY_VIEW) : new View(ofParent, mergeLayers({}, ...layers));
  }
}

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
export class View implements ContextView {
  private merged: EventFields | undefined;
  private json: string | undefined;
  private length: number | undefined;
  private isDateless: boolean | undefined;
  /** How often the text of a view inside this one was made without this one's. */
  private passed = 0;

  /** @param own what the scope has of its own, nobody else's */
  constructor(
    private readonly parent: ContextView | undefined,
    private readonly own: EventFields,
  ) {}

  get values(): EventFields {
    return (this.merged ??= this.merge());
  }

  text(): string {
    return (this.json ??= this.makeText());
  }

  estimatedLength(): number {
    return this.json?.length ?? (this.length ??= estimateLength(this.own) + (this.parent?.estimatedLength() ?? 0));
  }

  get hasNoDates(): boolean {
    return (this.isDateless ??= !hasDates(this.own) && (this.parent?.hasNoDates ?? true));
  }

  get(key: string): unknown {
    if (Object.hasOwn(this.own, key)) return this.own[key];
    return this.parent?.get(key);
  }

  /**
   * One call of JSON.stringify for all levels costs less than one each. But a job with a scope for each of its items must not
   * write its own context anew for each: so the text of a parent is made when it is needed again, and from then on added to.
   */
  private makeText(): string {
    const { parent, own } = this;
    if (!(parent instanceof View) || parent.isPassedOver()) return JSON.stringify(this.values);
    return this.hidesValues(parent) ? JSON.stringify(this.values) : joinTexts(parent.text(), JSON.stringify(own));
  }

  private isPassedOver(): boolean {
    if (this.json !== undefined) return false;
    if (this.passed > 0) return false;
    this.passed++;
    return true;
  }

  /** Whether a value of the parent is not seen here: then its text cannot be used. */
  private hidesValues(parent: View): boolean {
    for (const key of Object.keys(this.own)) if (parent.get(key) !== undefined) return true;
    return false;
  }

  /** Into an object that begins empty: V8 takes almost three times as long to add fields to one that was spread. */
  private merge(): EventFields {
    const { parent, own } = this;
    if (parent === undefined) return own;
    const values: EventFields = {};
    this.addTo(values);
    return values;
  }

  /** From the outermost inwards; what was merged before is not put together again. */
  private addTo(values: EventFields): void {
    const { parent, own, merged } = this;
    if (merged !== undefined) {
      mergeLayers(values, merged);
      return;
    }
    if (parent instanceof View) parent.addTo(values);
    else if (parent !== undefined) mergeLayers(values, parent.values as EventFields);
    mergeLayers(values, own);
  }
}

function joinTexts(outer: string, inner: string): string {
  if (outer === '{}') return inner;
  return inner === '{}' ? outer : `${outer.slice(0, -1)},${inner.slice(1)}`;
}

const EMPTY_VIEW = new View(undefined, {});
