import { alternativesOf, isSchema, propertiesOf, resolveRef, typesOf, valuesOf, type JsonSchema } from './json-schema';

const MAX_DEPTH = 6;

/** Creates a value that a schema most likely accepts, for examples and to test the schema. */
export function sampleOf(schema: JsonSchema, root: JsonSchema = schema, depth = 0): unknown {
  const own = resolveRef(schema, root);
  const examples = own['examples'];
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if ('default' in own) return own['default'];
  const [value] = valuesOf(own) ?? [];
  if (value !== undefined) return value;
  const [alternative] = alternativesOf(own);
  if (alternative !== undefined) return sampleOf(alternative, root, depth + 1);
  const [type = 'properties' in own ? 'object' : 'string'] = typesOf(own) ?? [];
  return sampleOfType(type, own, root, depth);
}

function sampleOfType(type: string, schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  switch (type) {
    case 'object':
      return depth > MAX_DEPTH ? {} : sampleObject(schema, root, depth);
    case 'array': {
      const { items } = schema;
      const tuple = schema['prefixItems'];
      if (Array.isArray(tuple)) return tuple.filter(isSchema).map((item) => sampleOf(item, root, depth + 1));
      return isSchema(items) && depth < MAX_DEPTH ? [sampleOf(items, root, depth + 1)] : [];
    }
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleText(schema);
  }
}

function sampleObject(schema: JsonSchema, root: JsonSchema, depth: number): object {
  return Object.fromEntries(
    Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
      isSchema(property) ? [[name, sampleOf(property, root, depth + 1)]] : [],
    ),
  );
}

function sampleNumber({ minimum, exclusiveMinimum }: JsonSchema): number {
  // Libraries write the lowest safe integer if no minimum was declared.
  if (typeof minimum === 'number' && minimum > -1e9) return Math.ceil(minimum);
  if (typeof exclusiveMinimum === 'number' && exclusiveMinimum > -1e9) return Math.floor(exclusiveMinimum) + 1;
  return 1;
}

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-01T12:00:00.000Z',
  date: '2026-11-01',
  time: '12:00:00',
  duration: 'PT1H',
  email: 'learner@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '01a20c71-ff32-71f7-89be-298454b6bebd',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function sampleText({ format, minLength }: JsonSchema): string {
  const text = (typeof format === 'string' ? TEXTS[format] : undefined) ?? 'text';
  return typeof minLength === 'number' ? text.padEnd(minLength, '-') : text;
}
