/**
 * Limits on the size of an event. A value beyond a limit is replaced, and counted in
 * `ledger.tracker().replaced`.
 */
export interface ValueLimits {
  /**
   * Maximum nesting of objects and arrays.
   * @default 64
   */
  readonly maxDepth: number;
  /**
   * Maximum number of values in one event's data, keys with undefined included.
   * @default 20_000
   */
  readonly maxNodes: number;
  /**
   * Maximum number of characters (UTF-16 units) of all strings and keys in one event's data.
   * @default 1_000_000
   */
  readonly maxTextLength: number;
  /**
   * Maximum number of characters (UTF-16 units) of an event's name. A longer name is cut and ends
   * in `…`.
   * @default 1_000
   */
  readonly maxNameLength: number;
}

/** The limits that apply to the walk over one value. */
export type WalkLimits = Pick<ValueLimits, 'maxDepth' | 'maxNodes' | 'maxTextLength'>;

/** Some of the limits. A limit that is missing or undefined has its default. */
export type PartialLimits = { readonly [Limit in keyof ValueLimits]?: ValueLimits[Limit] | undefined };

export const DEFAULT_LIMITS: ValueLimits = {
  maxDepth: 64,
  maxNodes: 20_000,
  maxTextLength: 1_000_000,
  maxNameLength: 1000,
};

/**
 * Adds the default of each missing limit. A limit given as undefined keeps its default, which a
 * plain spread would overwrite.
 */
export function withDefaults(limits: PartialLimits): ValueLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...(Object.fromEntries(given) as Partial<ValueLimits>) };
}
