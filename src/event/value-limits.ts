/** How much of an event is kept. What is beyond a limit is replaced, and counted in `ledger.tracker().replaced`. */
export interface ValueLimits {
  /** Objects and arrays inside each other.  @default 64 */
  readonly maxDepth: number;
  /** Values in one event's data, keys with undefined included.  @default 20_000 */
  readonly maxNodes: number;
  /** Characters (UTF-16 units) of all strings and keys in one event's data.  @default 1_000_000 */
  readonly maxTextLength: number;
  /** Characters (UTF-16 units) of an event's name; a longer one is cut, and ends in `…`.  @default 1_000 */
  readonly maxNameLength: number;
}

/** Those that concern one value. */
export type WalkLimits = Pick<ValueLimits, 'maxDepth' | 'maxNodes' | 'maxTextLength'>;

/** Some of the limits; what is left out, or undefined, is the default. */
export type PartialLimits = { readonly [Limit in keyof ValueLimits]?: ValueLimits[Limit] | undefined };

export const DEFAULT_LIMITS: ValueLimits = {
  maxDepth: 64,
  maxNodes: 20_000,
  maxTextLength: 1_000_000,
  maxNameLength: 1000,
};

/** A limit that is given as undefined must not switch the default off, as a spread would. */
export function withDefaults(limits: PartialLimits): ValueLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...(Object.fromEntries(given) as Partial<ValueLimits>) };
}
