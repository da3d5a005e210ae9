/**
 * Compares two JSON texts in the format of Python's encoder, value by value. Literals are compared
 * as they are written, so that an escape or a fraction that differs is found; separators other than
 * Python's make a text unreadable.
 */
import type { Path, ValueDifference } from './differences';

interface JsonObject {
  readonly entries: readonly (readonly [key: string, value: JsonNode])[];
}
interface JsonArray {
  readonly items: readonly JsonNode[];
}
interface JsonLiteral {
  readonly raw: string;
}
type JsonNode = JsonObject | JsonArray | JsonLiteral;

/** Every value that differs; the whole texts if one of them is not of the format. */
export function textDifferences(expected: string, got: unknown, path: Path = []): readonly ValueDifference[] {
  if (expected === got) return [];
  const [wanted, written] = [parsed(expected), typeof got === 'string' ? parsed(got) : undefined];
  const found = wanted && written ? nodeDifferences(wanted, written, path) : [];
  return found.length > 0 ? found : [{ kind: 'value', path, expected, got }];
}

function nodeDifferences(expected: JsonNode, got: JsonNode, path: Path): readonly ValueDifference[] {
  const differs = [{ kind: 'value', path, expected: decoded(expected), got: decoded(got) }] as const;
  if ('raw' in expected) return 'raw' in got && got.raw === expected.raw ? [] : differs;
  if ('items' in expected) return 'items' in got ? itemDifferences(expected.items, got.items, path) : differs;
  if (!('entries' in got) || hasTwins(expected) || hasTwins(got)) return differs;
  return entryDifferences(new Map(expected.entries), new Map(got.entries), path);
}

function itemDifferences(
  expected: readonly JsonNode[],
  got: readonly JsonNode[],
  path: Path,
): readonly ValueDifference[] {
  return Array.from({ length: Math.max(expected.length, got.length) }, (_, at) =>
    nodesOrAbsent(expected[at], got[at], [...path, at]),
  ).flat();
}

function entryDifferences(
  expected: ReadonlyMap<string, JsonNode>,
  got: ReadonlyMap<string, JsonNode>,
  path: Path,
): readonly ValueDifference[] {
  const [wanted, written] = [
    [...expected.keys()].filter((key) => got.has(key)),
    [...got.keys()].filter((key) => expected.has(key)),
  ];
  const inOrder = JSON.stringify(wanted) === JSON.stringify(written);
  return [
    ...(inOrder ? [] : [{ kind: 'key-order', path, expected: wanted, got: written } as const]),
    ...[...new Set([...expected.keys(), ...got.keys()])].flatMap((key) =>
      nodesOrAbsent(expected.get(key), got.get(key), [...path, key]),
    ),
  ];
}

function nodesOrAbsent(
  expected: JsonNode | undefined,
  got: JsonNode | undefined,
  path: Path,
): readonly ValueDifference[] {
  if (expected && got) return nodeDifferences(expected, got, path);
  return [{ kind: 'value', path, expected: expected && decoded(expected), got: got && decoded(got) }];
}

function hasTwins({ entries }: JsonObject): boolean {
  return new Set(entries.map(([key]) => key)).size < entries.length;
}

/**
 * As the vectors write values: numbers that JavaScript would change are tagged, and so is a mapping
 * that has a key twice.
 */
function decoded(node: JsonNode): unknown {
  if ('items' in node) return node.items.map(decoded);
  if ('entries' in node) {
    const entries = node.entries.map(([key, value]) => [key, decoded(value)] as const);
    return hasTwins(node) ? { $type: 'map', entries } : Object.fromEntries(entries);
  }
  const { raw } = node;
  if (/^-?\d+$/.test(raw)) return Number.isSafeInteger(Number(raw)) ? Number(raw) : { $type: 'integer', value: raw };
  if (/^-?(\d|NaN|Infinity)/.test(raw))
    return { $type: 'float', value: raw.replace('Infinity', 'inf').replace('NaN', 'nan') };
  return JSON.parse(raw) as unknown;
}

/** undefined for what is not JSON with Python's separators. */
function parsed(text: string): JsonNode | undefined {
  const reader = new Reader(text);
  const node = reader.value();
  return reader.isAtEnd ? node : undefined;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  /** undefined where there is no value; the position is then of no use any more. */
  value(): JsonNode | undefined {
    if (this.took('{')) return this.object();
    if (this.took('[')) return this.array();
    const raw = this.match(/"(?:[^"\\]|\\.)*"|-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Infinity)|NaN|true|false|null/y);
    return raw === undefined ? undefined : { raw };
  }

  private object(): JsonObject | undefined {
    const entries: [string, JsonNode][] = [];
    if (this.took('}')) return { entries };
    do {
      const key = this.match(/"(?:[^"\\]|\\.)*"/y);
      if (key === undefined || !this.took(': ')) return undefined;
      const value = this.value();
      if (!value) return undefined;
      entries.push([JSON.parse(key) as string, value]);
    } while (this.took(', '));
    return this.took('}') ? { entries } : undefined;
  }

  private array(): JsonArray | undefined {
    const items: JsonNode[] = [];
    if (this.took(']')) return { items };
    do {
      const value = this.value();
      if (!value) return undefined;
      items.push(value);
    } while (this.took(', '));
    return this.took(']') ? { items } : undefined;
  }

  private took(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    this.at += found?.length ?? 0;
    return found;
  }
}
