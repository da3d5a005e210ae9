/** In what way an event does not keep to its definition. */
export type ViolationKind =
  'unplanned-event' | 'required-missing' | 'type-mismatch' | 'value-not-allowed' | 'additional-property' | 'deprecated';

/** One way in which one event does not keep to its definition. Holds no value of the event, which may be personal. */
export interface Violation {
  readonly kind: ViolationKind;
  /**
   * From the event: `data.answers.0.mode`; '' is the event itself. A key that the definition does not declare is `*`: it may be
   * personal too. At most 300 characters.
   */
  readonly path: string;
  /** Reads on from the path: `must be "audit" or "verified"`. At most 300 characters. */
  readonly message: string;
}

/** What was found in one event: the first violations, and how many more there certainly are. */
export interface Findings {
  readonly violations: readonly Violation[];
  readonly more: number;
}

/** Of one event. Nobody needs the ninety-ninth, and an event can have as many as it has values. */
export const MAX_VIOLATIONS = 100;

/** The same place in every item of a list: `data.answers.*.mode`. */
export function generalPath(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, '.*');
}

const MAX_SHOWN = 5;

/**
 * Violations of one event in one line: the first in each of a few places, and how many others there are.
 * @param more violations that are not in the list
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
  // Looking for them may have stopped at the limit.
  const orMore = more === 0 && violations.length >= MAX_VIOLATIONS ? 'or more ' : '';
  return `${[...shown.values()].join('; ')}${left > 0 ? `; and ${String(left)} ${orMore}others` : ''}`;
}
