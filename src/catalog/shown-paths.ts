import { cut, printable } from '../common/printable';
import {
  ApplicableSchemas,
  declaredNames,
  schemasOfField,
  schemasOfItems,
  type Applicable,
} from './applicable-schemas';
import type { JsonSchema } from './json-schema';

/** Maximum length of a displayed path, in UTF-16 units. */
export const MAX_PATH_LENGTH = 300;
const MAX_KEY_LENGTH = 60;

/**
 * Returns the function that displays an undeclared key.
 * @param showsKeys true only in tests, where keys are not personal
 */
export function shownKey(showsKeys: boolean): (key: string) => string {
  return showsKeys ? (key) => printable(key, MAX_KEY_LENGTH) : () => '*';
}

/**
 * Writes paths for messages. A declared key is shown by its name, a list item by its index, and any
 * other key by `shownKey`, which gives `*` outside tests: keys of a map may be e-mail addresses,
 * and undeclared keys may be anything.
 */
export class ShownPaths {
  private readonly schemas: ApplicableSchemas;
  private readonly names = new Map<JsonSchema, ReadonlySet<string>>();

  /** @param shownKey returns the displayed form of an undeclared key */
  constructor(
    private readonly part: 'data' | 'context',
    root: JsonSchema,
    private readonly shownKey: (key: string) => string,
  ) {
    this.schemas = new ApplicableSchemas(root);
  }

  /**
   * Returns the displayed path.
   * @param value the whole part of the event, which decides between list items and keys
   */
  of(path: readonly PropertyKey[], value: unknown): string {
    let shown: string = this.part;
    let at = this.schemas.ofRoot();
    let holder = value;
    for (const step of path) {
      if (shown.length >= MAX_PATH_LENGTH) break;
      const key = String(step);
      const isItem = Array.isArray(holder);
      shown += `.${isItem && isIndex(key) ? key : this.shownStep(key, at)}`;
      at = isItem
        ? this.below(at, (schema) => schemasOfItems(schema))
        : this.below(at, (schema) => schemasOfField(schema, key));
      holder = ownValue(holder, step);
    }
    return cut(shown, MAX_PATH_LENGTH);
  }

  private shownStep(key: string, at: Applicable): string {
    const isDeclared = at.schemas.some((schema) => this.namesIn(schema).has(key));
    return isDeclared ? cut(key, MAX_KEY_LENGTH) : this.shownKey(key);
  }

  private namesIn(schema: JsonSchema): ReadonlySet<string> {
    let names = this.names.get(schema);
    if (names === undefined) {
      names = new Set(declaredNames(schema));
      this.names.set(schema, names);
    }
    return names;
  }

  private below(at: Applicable, childrenOf: (schema: JsonSchema) => unknown[]): Applicable {
    return this.schemas.ofAll(at.schemas.flatMap(childrenOf));
  }
}

function isIndex(key: string): boolean {
  return key.length < 10 && /^\d+$/.test(key);
}

function ownValue(holder: unknown, key: PropertyKey): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined;
  return (holder as Readonly<Record<PropertyKey, unknown>>)[key];
}
