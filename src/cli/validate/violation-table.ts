import { isSchema, propertiesOf, schemasAt, type JsonSchema } from '../../catalog/json-schema';
import type { EventDocument } from '../../catalog/event-document';
import type { Violation, ViolationKind } from '../../catalog/violation';

/** Violations of one kind at one place of one event. */
export interface ViolationRow {
  readonly event: string;
  readonly kind: ViolationKind;
  /** `*` stands for the number of an item, and for a key that the definition does not name. */
  readonly path: string;
  readonly message: string;
  readonly count: number;
  /** The number of the line on which it was found first. */
  readonly line: number;
}

const MAX_ROWS = 1000;
const MAX_PATHS = 10_000;

/** Counts violations, of which a log can have as many as lines. Bounded: what does not fit is counted as one. */
export class ViolationTable {
  /** Those for which there was no row left. */
  others = 0;
  private readonly byKey = new Map<string, { -readonly [Field in keyof ViolationRow]: ViolationRow[Field] }>();
  private readonly paths = new Map<string, string>();

  constructor(private readonly maxRows = MAX_ROWS) {}

  add(document: EventDocument, violation: Violation, line: number): void {
    const { kind, message } = violation;
    const path = this.pathOf(document, violation.path);
    const key = JSON.stringify([document.name, kind, path, message]);
    const row = this.byKey.get(key);
    if (row !== undefined) row.count++;
    else if (this.byKey.size >= this.maxRows) this.others++;
    else this.byKey.set(key, { event: document.name, kind, path, message, count: 1, line });
  }

  /** By event, and within it the most frequent first. */
  rows(): readonly ViolationRow[] {
    return [...this.byKey.values()].sort(
      (one, other) => compare(one.event, other.event) || other.count - one.count || one.line - other.line,
    );
  }

  private pathOf(document: EventDocument, path: string): string {
    const key = `${document.name}\n${path}`;
    let known = this.paths.get(key);
    if (known === undefined) {
      known = generalPath(document, path);
      if (this.paths.size >= MAX_PATHS) this.paths.clear(); // keys that are ids come once each
      this.paths.set(key, known);
    }
    return known;
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** The thousand items of a list, and the thousand keys of a map, are one place. */
function generalPath(document: EventDocument, path: string): string {
  const [part, ...steps] = path.split('.');
  const root = part === 'data' ? document.data : part === 'context' ? document.context : null;
  if (root === null || steps.length === 0) return path;
  return [part, ...steps.map((step, at) => (isAnyKey(root, steps.slice(0, at), step) ? '*' : step))].join('.');
}

function isAnyKey(root: JsonSchema, above: readonly string[], step: string): boolean {
  if (/^\d+$/.test(step)) return true;
  const schemas = schemasAt(root, above);
  if (schemas.some((schema) => Object.hasOwn(propertiesOf(schema), step))) return false;
  return schemas.some((schema) => {
    const others = schema['additionalProperties'];
    return isSchema(others) && Object.keys(others).length > 0;
  });
}
