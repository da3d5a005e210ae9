import { OwnContext, type ContextView, type Envelope } from '../../event/envelope';
import { setField } from '../../event/normal-form';
import type { EventFields, TrackingEvent } from '../../event/tracking-event';
import { ContextMemo } from '../context-memo';
import type { EventPart, FieldPath } from './event-path';
import { joined } from './joined-states';
import { PathState, type PathPlace } from './path-states';

/** Values to rewrite in addition to those at paths, and their replacements. */
export interface RewriteRule {
  /** Returns true if fields with this name are replaced, at any depth. */
  readonly isKeyMeant?: ((key: string) => boolean) | undefined;
  /**
   * Returns true if a value is replaced that is neither an object nor a list.
   * @param path path of the value, without escapes
   */
  readonly isValueMeant?: ((path: string, value: unknown) => boolean) | undefined;
  /**
   * Returns the replacement of a value; undefined removes the value. Returns the same for equal
   * values while `isReusable` is true.
   */
  readonly replace: (value: unknown) => unknown;
  /**
   * Returns false if the replacements of this event do not apply to the next one.
   * @default always true
   */
  readonly isReusable?: (() => boolean) | undefined;
}

/**
 * Replaces or removes nested values of an event that is shared.
 * Copies only the objects on the way to a change. An event without a matching value passes
 * unchanged. Reads own fields only, so no prototype is read or changed.
 */
export class FieldRewriter {
  private readonly states: Readonly<Record<EventPart, PathState | undefined>>;
  private readonly contexts: ContextMemo;
  private readonly looksAtAll: boolean;

  /** @throws RangeError if the paths have too many stars */
  constructor(
    paths: readonly FieldPath[],
    private readonly rule: RewriteRule,
  ) {
    const of = (part: EventPart): PathState | undefined =>
      PathState.of(paths.filter((path) => path.part === part).map(({ steps }) => steps));
    this.states = { data: of('data'), context: of('context'), added: of('added') };
    this.looksAtAll = rule.isKeyMeant !== undefined || rule.isValueMeant !== undefined;
    this.contexts = new ContextMemo(
      (context) => this.rewritten(context),
      () => rule.isReusable?.() ?? true,
    );
  }

  apply(envelope: Envelope): Envelope {
    return this.applyToAdded(this.applyToData(this.applyToContext(envelope)));
  }

  private applyToData(envelope: Envelope): Envelope {
    const { data: state } = this.states;
    if (!this.looksAtAll && state === undefined) return envelope;
    const { data: before } = envelope;
    const data = this.part(before, state, 'data');
    return data === before ? envelope : envelope.withData(data);
  }

  private applyToAdded(envelope: Envelope): Envelope {
    const { added: state } = this.states;
    if ((!this.looksAtAll && state === undefined) || !envelope.hasAddedFields) return envelope;
    const { name, timestamp, context, data, ...added } = envelope.event as TrackingEvent & EventFields;
    const fields = this.fields(added, state, '');
    return fields === added ? envelope : envelope.changed({ name, timestamp, context, data, ...fields });
  }

  private applyToContext(envelope: Envelope): Envelope {
    const { context } = envelope;
    if (!this.concerns(context)) return envelope;
    if (context === undefined) return this.applyToOddContext(envelope);
    // A predicate may decide differently the next time.
    const after = this.rule.isValueMeant === undefined ? this.contexts.of(context) : this.rewritten(context);
    return after === context ? envelope : envelope.inContext(after);
  }

  /**
   * Returns true if the context may contain matching values. Avoids building the context's values
   * if possible.
   */
  private concerns(context: ContextView | undefined): boolean {
    if (this.looksAtAll) return true;
    const { context: state } = this.states;
    if (state === undefined) return false;
    return (
      state.ends ||
      state.leadsAnywhere ||
      context === undefined ||
      state.keys.some((key) => context.get(key) !== undefined)
    );
  }

  /** Rewrites a context that a processor of the application replaced with a list or a string. */
  private applyToOddContext(envelope: Envelope): Envelope {
    const { event } = envelope;
    const context = this.part(event.context, this.states.context, 'context') as EventFields;
    return context === event.context ? envelope : envelope.changed({ ...event, context });
  }

  private rewritten(context: ContextView): ContextView {
    const values = this.part(context.values, this.states.context, 'context');
    return values === context.values ? context : new OwnContext(values as EventFields);
  }

  /**
   * Rewrites a part of the event. A removed part becomes {}: an event always has data and a
   * context.
   */
  private part(before: unknown, state: PathPlace | undefined, path: string): unknown {
    const after = this.value(before, state, path);
    return after === undefined ? {} : after;
  }

  /**
   * Rewrites a value.
   * @returns the same value if nothing in it matched, and undefined if it is removed
   */
  private value(value: unknown, state: PathPlace | undefined, path: string): unknown {
    if (state?.ends === true) return this.rule.replace(value);
    if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      if (state === undefined && !this.looksAtAll) return value;
      return Array.isArray(value) ? this.items(value, state, path) : this.fields(value as EventFields, state, path);
    }
    const isMeant = this.rule.isValueMeant?.(path, value instanceof Date ? new Date(value) : value) === true;
    return isMeant ? this.rule.replace(value) : value;
  }

  /** Rewrites the items of a list. A removed item leaves no gap. */
  private items(items: readonly unknown[], state: PathPlace | undefined, path: string): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let at = 0; at < items.length; at++) {
      const before = items[at];
      const inner = state?.nextItem(at);
      const after =
        isPair(before) && inner?.ends !== true
          ? this.pair(before, state?.next(String(before[0])), inner, this.pathTo(path, at))
          : this.value(before, inner, this.pathTo(path, at));
      if (copy === undefined && after === before) continue;
      copy ??= items.slice(0, at);
      if (after !== undefined) copy.push(after);
    }
    return copy ?? items;
  }

  /**
   * Rewrites an entry of a Map that was normalized to a list, or a list with the same shape. Its
   * value also counts as a field with the name of its key. An ordinary list of pairs cannot be
   * distinguished, and redacting too much is less harmful (docs/decisions/0107).
   * @param named place after the key, for the list that contains the pair
   * @param inner place after the index of the pair in that list
   */
  private pair(
    pair: Pair,
    named: PathPlace | undefined,
    inner: PathPlace | undefined,
    path: string,
  ): readonly unknown[] | undefined {
    const [key, before] = pair;
    const first = this.value(key, inner?.nextItem(0), this.pathTo(path, 0));
    const isMeant = named?.ends === true || this.rule.isKeyMeant?.(String(key)) === true;
    const after = isMeant
      ? this.rule.replace(before)
      : this.value(before, joined(named, inner?.nextItem(1)), this.pathTo(path, 1));
    // removes the name together with the field
    if (isMeant && after === undefined) return undefined;
    if (first === key && after === before) return pair;
    return [first, after].filter((item) => item !== undefined);
  }

  private fields(fields: EventFields, state: PathPlace | undefined, path: string): EventFields {
    const goesThroughAll = this.looksAtAll || state?.leadsAnywhere === true;
    const keys = goesThroughAll ? Object.keys(fields) : (state?.keys ?? []);
    let copy: EventFields | undefined;
    let taken: Set<string> | undefined;
    for (const key of keys) {
      if (!goesThroughAll && !Object.hasOwn(fields, key)) continue;
      const before = fields[key];
      const after =
        this.rule.isKeyMeant?.(key) === true
          ? this.rule.replace(before)
          : this.value(before, state?.next(key), this.pathTo(path, key));
      if (after === before) continue;
      copy ??= { ...fields };
      if (after === undefined) (taken ??= new Set()).add(key);
      else copy[key] = after; // already an own field of the copy, even __proto__
    }
    return taken === undefined || copy === undefined ? (copy ?? fields) : without(copy, taken);
  }

  /** Returns the path of a field; empty if no predicate reads it. */
  private pathTo(path: string, key: string | number): string {
    if (this.rule.isValueMeant === undefined) return '';
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }
}

type Pair = readonly [key: string | number | boolean | null, value: unknown];

function isPair(item: unknown): item is Pair {
  return Array.isArray(item) && item.length === 2 && (typeof item[0] !== 'object' || item[0] === null);
}

/** Returns a new object: `delete` would leave an object that is slow to read for all later code. */
function without(fields: EventFields, taken: ReadonlySet<string>): EventFields {
  const rest: EventFields = {};
  for (const key of Object.keys(fields)) if (!taken.has(key)) setField(rest, key, fields[key]);
  return rest;
}
