import {
  alternativesOf,
  isSchema,
  propertiesOf,
  requiredOf,
  resolveRef,
  typesOf,
  valuesOf,
  type JsonSchema,
} from './json-schema';

/** Values of the two variants have no letter, digit or length in common. */
export type Variant = 0 | 1;

const LETTERS = ['bdfhjlnprtvxz', 'acegikmoqsuwy'] as const;
const DIGITS = ['13579', '2468'] as const;
const MAX_DEPTH = 6;

/** Strings that match a format; each `*` becomes letters. */
const FORMATS: Readonly<Record<string, readonly [string, string]>> = {
  'date-time': ['1975-11-13T17:15:59.137Z', '2028-06-24T02:48:26.482Z'],
  date: ['1975-11-13', '2028-06-24'],
  time: ['17:15:59', '02:48:26'],
  duration: ['P13D', 'PT24H'],
  email: ['*@*.dfh', '*@*.com'],
  hostname: ['*.dfh', '*.com'],
  uri: ['https://*.dfh/', 'ftp://*.com/'],
  url: ['https://*.dfh/', 'ftp://*.com/'],
  uuid: ['bd13579f-135b-7d9f-9bd1-13579bdf1357', 'ace2468c-246a-4c8e-8ace-2468ace24682'],
  ipv4: ['13.57.91.135', '24.68.2.46'],
  ipv6: ['1:3:5:7:9:b:d:f', '2:4:6:8:a:c:e:2'],
};

/**
 * Creates a value that matches the types of a schema and contains nothing from an event. It may
 * violate other rules: their messages are what the caller wants to see.
 * @param round creates a different value of the same variant for each number
 */
export function madeUpValue(root: JsonSchema, variant: Variant, round: number): unknown {
  return new Inventor(root, variant, round).value(root, 0);
}

class Inventor {
  private made = 0;

  constructor(
    private readonly root: JsonSchema,
    private readonly variant: Variant,
    private readonly round: number,
  ) {}

  value(given: JsonSchema, depth: number): unknown {
    const schema = resolveRef(given, this.root);
    const values = valuesOf(schema) ?? [];
    if (values.length > 0) return values[(this.variant + 2 * this.round) % values.length];
    const alternatives = alternativesOf(schema);
    const alternative = alternatives[this.round % Math.max(alternatives.length, 1)];
    if (alternative !== undefined && depth < MAX_DEPTH) return this.value(alternative, depth + 1);
    const types = typesOf(schema)?.filter((type) => type !== 'null') ?? [impliedType(schema)];
    return this.ofType(types[this.round % Math.max(types.length, 1)] ?? 'null', schema, depth);
  }

  private ofType(type: string, schema: JsonSchema, depth: number): unknown {
    switch (type) {
      case 'object':
        return depth < MAX_DEPTH ? this.object(schema, depth) : {};
      case 'array':
        return depth < MAX_DEPTH ? this.list(schema, depth) : [];
      case 'integer':
        return Math.floor(this.number(schema));
      case 'number':
        return this.number(schema);
      case 'boolean':
        return this.variant === 0;
      case 'null':
        return null;
      default:
        return this.text(schema);
    }
  }

  /** Creates an object with all fields, or only with the required ones. */
  private object(schema: JsonSchema, depth: number): object {
    const { allOf, additionalProperties } = schema;
    const required = new Set(requiredOf(schema));
    const parts = Array.isArray(allOf) ? allOf.filter(isSchema).map((part) => this.value(part, depth + 1)) : [];
    const ofParts = parts.filter(isSchema).flatMap((part) => Object.entries(part));
    const fields = Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
      isSchema(property) && (this.round % 2 === 0 || required.has(name))
        ? [[name, this.value(property, depth + 1)] as const]
        : [],
    );
    if (isSchema(additionalProperties)) fields.push([this.letters(), this.value(additionalProperties, depth + 1)]);
    return Object.fromEntries([...ofParts, ...fields]);
  }

  private list(schema: JsonSchema, depth: number): unknown[] {
    const { items, prefixItems, minItems } = schema;
    if (Array.isArray(prefixItems)) return prefixItems.filter(isSchema).map((item) => this.value(item, depth + 1));
    const least = typeof minItems === 'number' ? Math.min(minItems, 10) : 0;
    const length = least + 1 + this.variant + 2 * (this.round % 2);
    return isSchema(items) ? Array.from({ length }, () => this.value(items, depth + 1)) : [];
  }

  private number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): number {
    const least =
      typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : undefined;
    const most =
      typeof maximum === 'number' ? maximum : typeof exclusiveMaximum === 'number' ? exclusiveMaximum - 1 : undefined;
    const free = this.digits();
    if (least !== undefined && most !== undefined && most - least < 10_000) return this.variant === 0 ? least : most;
    if (least !== undefined && free < least && least > -1e9) return least + Math.abs(free);
    return most !== undefined && free > most && most < 1e9 ? most - Math.abs(free) : free;
  }

  private text({ format, minLength, maxLength }: JsonSchema): unknown {
    const template = typeof format === 'string' ? FORMATS[format]?.[this.variant] : undefined;
    // A schema for a Date is documented with this format too, so rounds alternate between the two.
    if (format === 'date-time' && template !== undefined && this.round % 2 === 1) return new Date(template);
    const text = template?.replaceAll('*', () => this.letters()) ?? this.letters();
    const [letter = 'x'] = LETTERS[this.variant];
    const least = typeof minLength === 'number' ? Math.min(minLength, 10_000) : 0;
    const padded = text.padEnd(least === 0 ? 0 : least + this.variant, letter);
    return typeof maxLength === 'number' ? padded.slice(0, Math.max(maxLength - this.variant, 0)) : padded;
  }

  /** Returns numbers that rise in one round and fall in the next, for rules about field order. */
  private digits(): number {
    const digits = DIGITS[this.variant];
    const from = this.round % 2 === 0 ? this.made : digits.length - 1 - (this.made % digits.length);
    this.made++;
    const text = Array.from({ length: 3 + this.variant }, (_, at) => digits[(from + at) % digits.length]).join('');
    return this.round === 3 ? -Number(text) : Number(text);
  }

  /** Returns new letters at each call, so that two fields that must be equal differ. */
  private letters(): string {
    const letters = LETTERS[this.variant];
    const from = this.made++ + 5 * this.round;
    const length = 6 + 5 * this.variant + (from % 2);
    return Array.from({ length }, (_, at) => letters[(from + at * (from + 2)) % letters.length]).join('');
  }
}

function impliedType(schema: JsonSchema): string {
  if ('properties' in schema || 'allOf' in schema || 'additionalProperties' in schema) return 'object';
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'string';
}
