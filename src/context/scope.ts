import type { EventFields } from '../event/tracking-event';
import { EMPTY_VIEW, mergeLayers, View, type ScopeView } from './view';

interface Entry {
  readonly name: string;
  readonly values: EventFields;
}

/** Maximum depth of nested scopes. Each level costs a stack frame and some memory. */
const MAX_DEPTH = 100;

/**
 * One level in the chain of contexts, opened by `context()`, by a request or by @TrackingContext.
 * Its parent never changes, but its named entries do. Entries disappear together with the scope,
 * however it ends, so no cleanup is necessary.
 */
export class Scope {
  private readonly entries: Entry[];
  private isChanged = true;
  private memo: ScopeView | undefined;
  private memoOfParent: ScopeView | undefined;
  private readonly depth: number;

  /**
   * @param parent the scope around this one
   * @param entries the initial entries; the scope keeps and changes this array
   */
  constructor(
    private readonly parent: Scope | undefined,
    entries: Entry[] = [],
  ) {
    this.entries = entries;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /**
   * Opens a new scope inside this one, with a first entry as for `enter`. A job that starts its
   * next round inside its own scope nests each round in the previous one. Such a chain would
   * exhaust the stack, and finally the memory. Therefore a chain that is too long is folded: scopes
   * after the fold still have its values, but do not see later changes of its entries.
   */
  open(name: string, values: EventFields): Scope {
    return new Scope(this.depth < MAX_DEPTH ? this : this.folded(), [{ name, values }]);
  }

  /**
   * Adds an entry, which is then the latest.
   * @param values in normal form; the scope keeps the object, so no other code may change it
   */
  enter(name: string, values: EventFields): void {
    this.entries.push({ name, values });
    this.isChanged = true;
  }

  /**
   * Removes the latest entry with that name. An earlier entry that it covered is visible again.
   * @returns true if there was one
   */
  exit(name: string): boolean {
    const at = this.entries.findLastIndex((entry) => entry.name === name);
    if (at < 0) return false;
    this.entries.splice(at, 1);
    this.isChanged = true;
    return true;
  }

  /** Returns the names of the entries in this scope and its parents, innermost first. */
  openNames(): string[] {
    return [...this.entries.map(({ name }) => name).reverse(), ...(this.parent?.openNames() ?? [])];
  }

  /**
   * Returns the merged values. They are computed once until an entry changes in this scope or a
   * parent.
   */
  view(): ScopeView {
    const ofParent = this.parent?.view();
    if (this.memo !== undefined && !this.isChanged && ofParent === this.memoOfParent) return this.memo;
    this.memo = this.merge(ofParent);
    this.memoOfParent = ofParent;
    this.isChanged = false;
    return this.memo;
  }

  /** Returns the view around the entries of this scope. A request adds its fields here. */
  protected around(ofParent: ScopeView | undefined): ScopeView | undefined {
    return ofParent;
  }

  protected dropMemo(): void {
    this.isChanged = true;
  }

  /** True if the values of the scope may still change, so that it cannot be folded. */
  protected get isRoot(): boolean {
    return this.parent === undefined;
  }

  /** Returns one scope with the values of this one and its parents, up to the root of the chain. */
  private folded(): Scope {
    const layers: EventFields[] = [];
    const root = this.collectUp(layers);
    return new Scope(root, [{ name: '(folded)', values: mergeLayers({}, ...layers) }]);
  }

  /**
   * Puts the values of this scope and its parents in front of `layers`, outermost first. Stops at
   * the root and omits its values, because they may still change.
   * @returns the root
   */
  private collectUp(layers: EventFields[]): Scope {
    if (this.isRoot || this.parent === undefined) return this;
    layers.unshift(...this.entries.map(({ values }) => values));
    return this.parent.collectUp(layers);
  }

  private merge(ofParent: ScopeView | undefined): ScopeView {
    const around = this.around(ofParent === EMPTY_VIEW ? undefined : ofParent);
    const { entries } = this;
    const [first] = entries;
    if (first === undefined) return around ?? EMPTY_VIEW;
    // Most scopes have one entry: no merged object is created for them, because it would only be
    // garbage.
    if (entries.length === 1) return new View(around, first.values);
    return new View(around, mergeLayers({}, ...entries.map(({ values }) => values)));
  }
}
