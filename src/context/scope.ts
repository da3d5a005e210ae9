import { setField } from '../event/normal-form';
import type { ContextView } from '../event/envelope';
import type { EventFields } from '../event/tracking-event';

interface Entry {
  readonly name: string;
  readonly values: EventFields;
}

/**
 * A place in the chain of contexts, opened by `context()`, by a request, by @TrackingContext. Its parent is fixed; the named
 * entries in it are not. What was entered in a scope is gone when the scope is, however it ends: nothing has to be undone.
 */
export class Scope {
  private readonly entries: Entry[] = [];
  private isChanged = true;
  private memo: View | undefined;
  private memoOfParent: View | undefined;

  constructor(private readonly parent: Scope | undefined) {}

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

  private merge(ofParent: View | undefined): View {
    const own = this.ownValues();
    const layers = [...(own === undefined ? [] : [own]), ...this.entries.map(({ values }) => values)];
    if (layers.length === 0) return ofParent ?? EMPTY_VIEW;
    // Shallow, as in the reference: a nested object is replaced, and a key keeps the place where it first stood.
    const values: EventFields = { ...ofParent?.values };
    for (const layer of layers) {
      for (const key of Object.keys(layer)) setField(values, key, layer[key]);
    }
    return new View(values);
  }
}

/** The values that events of a scope carry. Shared by all of them, so nobody may change it. */
export class View implements ContextView {
  private json: string | undefined;

  constructor(readonly values: EventFields) {}

  text(): string {
    return (this.json ??= JSON.stringify(this.values));
  }
}

const EMPTY_VIEW = new View({});
