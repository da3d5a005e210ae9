/** Compiles the `xapi` of a definition to functions that only read values, as rows are compiled. */
import { isObject } from '../common/value-kinds';
import type { ReadStatement, StatementNode } from '../catalog/statement/read-statement';
import {
  expectedFor,
  fits,
  isMissing,
  misfitOf,
  objectShape,
  shapeOf,
  type StatementShape,
  type ValueKind,
} from '../catalog/statement/statement-shape';
import type { Placeholder, TemplatePiece } from '../catalog/statement/statement-template';
import type {
  DefinedEvent,
  StatementContext,
  StatementObject,
  StatementVerb,
} from '../catalog/statement/statement-definition';
import { DEFAULT_LIMITS, toNormalForm } from '../event/normal-form';
import { guarded } from './guarded';
import { asText, present, type EventSource, type FieldReader } from './learning-event';
import { contextWith, type RowPlan } from './row-plan';
import type { LanguageMap, XapiActivity, XapiContext, XapiResult, XapiVerb } from './statement';

/** @param rootUrl without a slash at its end */
export function planDefinition({ verb, object, result, context }: ReadStatement, rootUrl: string): RowPlan {
  const compile = new NodeCompiler(rootUrl);
  const makeVerb = converted(verb, compile.needed(verb, 'verb'), (value) => verbOf(value as StatementVerb));
  const makeObject = converted(object, compile.needed(object, 'object'), (value) =>
    activityOf(value as StatementObject),
  );
  const makeResult = result && compile.node(result, 'result');
  const makeContext = context && compile.node(context, 'context');
  return (source, shared) => {
    const made = makeResult?.(source);
    return {
      verb: makeVerb(source),
      object: makeObject(source),
      ...(present(made) !== undefined && { result: made as XapiResult }),
      context: contextOf(makeContext?.(source) ?? {}, shared),
    };
  };
}

/** Compiles a part that is converted. A constant is converted once, so it stays the same object. */
function converted<T>(
  node: StatementNode,
  read: FieldReader,
  convert: (value: unknown) => T,
): (source: EventSource) => T {
  if (node.is !== 'constant') return (source) => convert(read(source));
  const value = convert(node.value);
  return () => value;
}

class NodeCompiler {
  constructor(private readonly rootUrl: string) {}

  /** Compiles a part without which there is no statement. @param place `object.id` */
  needed(node: StatementNode, place: string): FieldReader {
    if (node.is === 'fields') return this.fields(node, place, true);
    const read = this.node(node, place);
    return (source) => {
      const value = read(source);
      if (value !== undefined) return value;
      const missing = node.is === 'template' ? this.missingIn(node.pieces, source) : undefined;
      throw source.error(missing ?? `xapi.${place}() of its definition returned nothing`);
    };
  }

  /** Compiles a part that is left out if it is missing. */
  node(node: StatementNode, place: string): FieldReader {
    switch (node.is) {
      case 'constant':
        return () => node.value;
      case 'template':
        return this.template(node.pieces, node.kind, place);
      case 'computed':
        return computed(node);
      case 'fields':
        return this.fields(node, place, false);
    }
  }

  private fields({ fields, needs }: StatementNode & { is: 'fields' }, place: string, isNeeded: boolean): FieldReader {
    const readers = fields.map(([name, node]) => {
      const below = `${place}.${name}`;
      const needsIt = needs.includes(name);
      return [name, needsIt, needsIt && isNeeded ? this.needed(node, below) : this.node(node, below)] as const;
    });
    return (source) => {
      const values: Record<string, unknown> = {};
      for (const [name, needsIt, read] of readers) {
        const value = read(source);
        if (value !== undefined) values[name] = value;
        else if (needsIt) return undefined;
      }
      return present(values);
    };
  }

  private template(pieces: readonly TemplatePiece[], kind: ValueKind, place: string): FieldReader {
    const [first] = pieces;
    const readers = pieces.map((piece) => (typeof piece === 'string' ? () => piece : this.placeholder(piece)));
    const [only] = readers;
    const read = pieces.length === 1 && only !== undefined && typeof first === 'object' ? only : joined(readers, kind);
    const isText = kind === 'iri' || kind === 'text' || kind === 'words' || kind === 'duration';
    return (source) => {
      const value = read(source);
      if (value === undefined) return undefined;
      const made = !isText ? value : kind === 'iri' ? iriText(asText(value)) : asText(value);
      if (fits(kind, made)) return made;
      throw source.error(`xapi.${place} of its definition is ${kindOf(made)}; expected ${expectedFor(kind)}`);
    };
  }

  private placeholder({ part, keys }: Placeholder): FieldReader {
    if (part === 'rootUrl') return () => this.rootUrl;
    return (source) => {
      let value: unknown = part === 'data' ? source.data : source.fields[part];
      for (const key of keys) {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
        value = (value as Readonly<Record<string, unknown>>)[key];
      }
      return present(value);
    };
  }

  private missingIn(pieces: readonly TemplatePiece[], source: EventSource): string | undefined {
    for (const piece of pieces) {
      if (typeof piece === 'object' && this.placeholder(piece)(source) === undefined) return `${piece.path} is missing`;
    }
    return undefined;
  }
}

function joined(readers: readonly FieldReader[], kind: ValueKind): FieldReader {
  return (source) => {
    let text = '';
    for (const read of readers) {
      const value = read(source);
      if (value === undefined) return undefined;
      text += kind === 'iri' ? iriText(asText(value)) : asText(value);
    }
    return text;
  };
}

/** Percent-encodes the characters that no IRI has, and leaves all others. */
function iriText(text: string): string {
  return text.replace(/[\s\p{Cc}<>"{}|\\^`]/gu, encodeURIComponent);
}

function computed({ compute, shape, place }: StatementNode & { is: 'computed' }): FieldReader {
  const what = `${place}() of its definition`;
  const call = compute as (event: DefinedEvent) => unknown;
  return (source) => {
    const event = { data: source.data ?? {}, context: source.fields['context'] ?? {} } as DefinedEvent;
    return guarded(source, what, () => {
      const returned = call(event);
      const value = plain(returned);
      if (isMissing(value) || value === '') return undefined;
      // The plain copy has null for NaN, and the entries of a Map, so both are checked.
      const misfit = misfitOf(returned, shape) ?? misfitOf(value, shape);
      if (misfit === undefined) return withoutMissing(value, shape);
      const at = misfit.at === '' ? '' : `${misfit.at}: `;
      throw source.error(`${what} returned ${at}${kindOf(misfit.value)}; expected ${misfit.expected}`);
    });
  };
}

/** Returns a copy in normal form, which can be written as JSON. A promise is not awaited. */
function plain(returned: unknown): unknown {
  if (returned instanceof Promise) {
    returned.catch(() => undefined);
    return returned;
  }
  return typeof returned === 'object' && returned !== null
    ? toNormalForm(returned, DEFAULT_LIMITS, () => undefined)
    : returned;
}

function withoutMissing(value: unknown, shape: StatementShape): unknown {
  const inside = objectShape(shape);
  if (inside === undefined || !isObject(value)) return present(value);
  const fields = Object.entries(value).flatMap(([key, each]) => {
    const kept = withoutMissing(each, shapeOf(inside, key) ?? 'json');
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return present(Object.fromEntries(fields));
}

/** The kind of a value that may be of an event, and is not shown. */
function kindOf(value: unknown): string {
  if (isMissing(value)) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise, which is not awaited';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function verbOf({ id, display }: StatementVerb): XapiVerb {
  return { id, ...(display !== undefined && { display: byLanguage(display) }) };
}

function activityOf({ id, type, name, description, extensions }: StatementObject): XapiActivity {
  const definition = {
    ...(type !== undefined && { type }),
    ...(name !== undefined && { name: byLanguage(name) }),
    ...(description !== undefined && { description: byLanguage(description) }),
    ...(extensions !== undefined && { extensions }),
  };
  return { id, objectType: 'Activity', ...(present(definition) !== undefined && { definition }) };
}

function contextOf({ extensions, grouping, course = true }: StatementContext, shared: XapiContext): XapiContext {
  return contextWith(shared, { hasCourse: course, grouping: grouping && activityOf(grouping), extensions });
}

function byLanguage(words: string | LanguageMap): LanguageMap {
  return typeof words === 'string' ? { en: words } : words;
}
