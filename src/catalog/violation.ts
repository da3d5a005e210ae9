/** Kind of violation of an event definition. */
export type ViolationKind =
  'unplanned-event' | 'required-missing' | 'type-mismatch' | 'value-not-allowed' | 'additional-property' | 'deprecated';

/** Violation of a definition by one event. Contains no event values: they may be personal. */
export interface Violation {
  readonly kind: ViolationKind;
  /**
   * Path from the event, for example `data.answers.0.mode`; '' is the event itself. A key that the
   * definition does not declare is shown as `*`, because it may be personal too. At most 300
   * characters.
   */
  readonly path: string;
  /** Message to show after the path: `must be "audit" or "verified"`. At most 300 characters. */
  readonly message: string;
}

/** Violations of one event: the first ones, and the minimum number of further violations. */
export interface Findings {
  readonly violations: readonly Violation[];
  readonly more: number;
}

/** Maximum number of violations listed for one event, which can have one for each of its values. */
export const MAX_VIOLATIONS = 100;

/** Replaces list indices in a path, so that all items share one path: `data.answers.*.mode`. */
export function generalPath(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, '.*');
}

const MAX_SHOWN = 5;

/**
 * Summarizes the violations of one event in one line: the first violation at each of a few paths,
 * and the number of others.
 * @param more number of violations that are not in the list
 */
export function violationsText(violations: readonly Violation[], more = 0): string {
  const shown = new Map<string, string>();
  for (const { kind, path, message } of violations) {
    const place = `${kind} ${generalPath(path)} ${message}`;
    if (shown.has(place)) continue;
    shown.set(place, `${path === '' ? 'it' : path} ${message} (${kind})`);
    if (shown.size === MAX_SHOWN) break;
  }
  const left = violations.length - shown.size + more;
  // The search for violations may have stopped at the limit.
  const orMore = more === 0 && violations.length >= MAX_VIOLATIONS ? 'or more ' : '';
  return `${[...shown.values()].join('; ')}${left > 0 ? `; and ${String(left)} ${orMore}others` : ''}`;
}
