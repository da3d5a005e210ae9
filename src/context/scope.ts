import type { EventFields } from '../event/tracking-event';
import { EMPTY_VIEW, mergeLayers, View, type ScopeView } from './view';

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
  private memo: ScopeView | undefined;
  private memoOfParent: ScopeView | undefined;
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
  view(): ScopeView {
    const ofParent = this.parent?.view();
    if (this.memo !== undefined && !this.isChanged && ofParent === this.memoOfParent) return this.memo;
    this.memo = this.merge(ofParent);
    this.memoOfParent = ofParent;
    this.isChanged = false;
    return this.memo;
  }

  /** What this scope adds before its entries to what is around it; a request has its fields here. */
  protected around(ofParent: ScopeView | undefined): ScopeView | undefined {
    return ofParent;
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

  private merge(ofParent: ScopeView | undefined): ScopeView {
    const around = this.around(ofParent === EMPTY_VIEW ? undefined : ofParent);
    const { entries } = this;
    const [first] = entries;
    if (first === undefined) return around ?? EMPTY_VIEW;
    // Most scopes have one entry: nothing is put together for them that would only be garbage.
    if (entries.length === 1) return new View(around, first.values);
    return new View(around, mergeLayers({}, ...entries.map(({ values }) => values)));
  }
}
