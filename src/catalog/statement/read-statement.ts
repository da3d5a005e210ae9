/**
 * Reads the option `xapi` of a definition into nodes, which converters evaluate for each event, and
 * finds its errors when the definition is made.
 */
import { isAsyncFunction, isFunction, isObject } from '../../common/value-kinds';
import { optionName, showKind, unknownOptionFix } from '../../common/show-value';
import { DEFAULT_LIMITS, toNormalForm } from '../../event/normal-form';
import type { PartSchemas } from '../personal-paths';
import type { StatementDocument } from './statement-definition';
import {
  expectedFor,
  fits,
  isMissing,
  keyError,
  objectShape,
  shapeOf,
  STATEMENT,
  type StatementShape,
  type ValueKind,
} from './statement-shape';
import { hasPlaceholder, readTemplate, type TemplatePiece } from './statement-template';

/** How to make a part of a statement. */
export type StatementNode =
  | { readonly is: 'constant'; readonly value: unknown }
  | {
      readonly is: 'template';
      readonly kind: ValueKind;
      readonly text: string;
      readonly pieces: readonly TemplatePiece[];
    }
  | {
      readonly is: 'computed';
      readonly compute: (event: never) => unknown;
      readonly shape: StatementShape;
      /** Place of the function in the definition: `xapi.object.id`. */
      readonly place: string;
    }
  | {
      readonly is: 'fields';
      readonly fields: readonly (readonly [name: string, node: StatementNode])[];
      /** Fields without which there is no such part. */
      readonly needs: readonly string[];
    };

export interface ReadStatement {
  readonly verb: StatementNode;
  readonly object: StatementNode;
  readonly result: StatementNode | undefined;
  readonly context: StatementNode | undefined;
  /** True if a function of the application gets the events. */
  readonly isComputed: boolean;
  readonly document: StatementDocument;
}

type Report = (path: string, what: string, fix: string) => void;

/** Value of a function in documents. No constant IRI looks like it. */
export const COMPUTED = '(computed)';

const FIXES: Readonly<Record<string, string>> = {
  '': "xapi: { verb: { id: 'https://…', display: 'paid' }, object: { id: '{rootUrl}/invoices/{data.invoice_id}' } }",
  verb: "verb: { id: 'http://adlnet.gov/expapi/verbs/completed', display: 'completed' }",
  'verb.id': "id: 'http://adlnet.gov/expapi/verbs/completed'",
  object: "object: { id: '{rootUrl}/invoices/{data.invoice_id}', type: 'https://…' }",
  'object.id': "id: '{rootUrl}/invoices/{data.invoice_id}'",
};

/** Returns undefined if there are errors, which are reported. */
export function readStatement(given: unknown, schemas: PartSchemas, report: Report): ReadStatement | undefined {
  let errors = 0;
  const reader = new StatementReader(schemas, (path, what, fix) => {
    errors++;
    report(path, what, fix);
  });
  if (isFunction(given)) {
    report('', 'it is a function', `use functions for its parts: ${FIXES[''] ?? ''}`);
    return undefined;
  }
  const root = reader.read(given, STATEMENT, '');
  if (root === undefined || errors > 0) return undefined;
  const parts = new Map(root.is === 'fields' ? root.fields : constantParts(root));
  const [verb, object, result, context] = ['verb', 'object', 'result', 'context'].map((name) => parts.get(name));
  if (verb === undefined || object === undefined) return undefined;
  const isComputed = [...parts.values()].some(hasFunction);
  return { verb, object, result, context, isComputed, document: documentOf(parts) };
}

class StatementReader {
  constructor(
    private readonly schemas: PartSchemas,
    private readonly report: Report,
  ) {}

  /** Returns undefined for a value with errors. */
  read(value: unknown, shape: StatementShape, path: string): StatementNode | undefined {
    if (isFunction(value)) return this.computed(value, shape, path);
    const inside = objectShape(shape);
    if (inside !== undefined && isObject(value)) return this.fields(value, shape, path);
    if (typeof shape !== 'string') {
      this.reject(value, shape, path);
      return;
    }
    if (typeof value === 'string' && hasPlaceholder(value)) return this.template(value, shape, path);
    if (!fits(shape, value)) {
      this.reject(value, shape, path);
      return;
    }
    return { is: 'constant', value: shape === 'json' ? plainJson(value) : value };
  }

  private fields(
    value: Readonly<Record<string, unknown>>,
    shape: StatementShape,
    path: string,
  ): StatementNode | undefined {
    const inside = objectShape(shape) ?? STATEMENT;
    const needs = 'needs' in inside ? inside.needs : [];
    for (const name of needs) {
      if (isMissing(value[name])) this.report(below(path, name), 'it is missing', fixOf(below(path, name)));
    }
    const fields: (readonly [string, StatementNode])[] = [];
    for (const [key, each] of Object.entries(value)) {
      if (each === undefined || (each === null && needs.includes(key))) continue;
      const shapeOfKey = shapeOf(inside, key);
      if (shapeOfKey === undefined) {
        this.rejectKey(key, inside, path);
        continue;
      }
      const node = this.read(each, shapeOfKey, below(path, key));
      if (node !== undefined) fields.push([key, node]);
    }
    const isConstant = fields.every(([, node]) => node.is === 'constant');
    if (!isConstant) return { is: 'fields', fields, needs };
    return { is: 'constant', value: Object.fromEntries(fields.map(([key, node]) => [key, constantOf(node)])) };
  }

  private rejectKey(key: string, inside: NonNullable<ReturnType<typeof objectShape>>, path: string): void {
    const known = 'fields' in inside ? Object.keys(inside.fields) : [];
    const at = below(path, optionName(key, known));
    if ('entries' in inside) {
      const fix = inside.keys === 'iri' ? "{ 'https://shop.example/x/currency': … }" : "{ en: '…', 'pt-BR': '…' }";
      this.report(at, `its key does not fit: ${keyError(inside, key) ?? ''}`, fix);
    } else this.report(at, 'the field is unknown', unknownOptionFix(key, known, `known are ${known.join(', ')}`));
  }

  private computed(compute: (event: never) => unknown, shape: StatementShape, path: string): StatementNode | undefined {
    if (!isAsyncFunction(compute)) return { is: 'computed', compute, shape, place: `xapi.${path}` };
    this.report(path, 'it is an async function, but its result is not awaited', 'make it synchronous');
    return undefined;
  }

  private template(text: string, kind: ValueKind, path: string): StatementNode | undefined {
    const read = readTemplate(text, kind, this.schemas);
    const errors = read.filter((each) => typeof each === 'object' && 'what' in each);
    for (const { what, fix } of errors) this.report(path, what, fix);
    return errors.length > 0 ? undefined : { is: 'template', kind, text, pieces: read as readonly TemplatePiece[] };
  }

  private reject(value: unknown, shape: StatementShape, path: string): undefined {
    const shown = typeof value === 'string' && value === '' ? 'an empty string' : showKind(value);
    this.report(path, `it is ${shown}; expected ${expectedFor(shape)}, or a function that returns it`, fixOf(path));
    return undefined;
  }
}

function fixOf(path: string): string {
  return FIXES[path] ?? (path.endsWith('.id') ? "id: '{rootUrl}/…'" : 'correct it, or leave it out');
}

function below(path: string, key: string): string {
  if (path === '') return key;
  return /^[\w()-]/.test(key) && !/[.:/]/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(toNormalForm(value, DEFAULT_LIMITS, () => undefined))) as unknown;
}

function constantOf(node: StatementNode): unknown {
  return node.is === 'constant' ? node.value : undefined;
}

function constantParts(node: StatementNode): [string, StatementNode][] {
  const parts = constantOf(node) as Readonly<Record<string, unknown>>;
  return Object.entries(parts).map(([name, value]) => [name, { is: 'constant', value }]);
}

function hasFunction(node: StatementNode): boolean {
  return node.is === 'computed' || (node.is === 'fields' && node.fields.some(([, each]) => hasFunction(each)));
}

function documentOf(parts: ReadonlyMap<string, StatementNode>): StatementDocument {
  return Object.fromEntries([...parts].map(([name, node]) => [name, describe(node)])) as unknown as StatementDocument;
}

function describe(node: StatementNode): unknown {
  switch (node.is) {
    case 'constant':
      return node.value;
    case 'template':
      return node.text;
    case 'computed':
      return COMPUTED;
    case 'fields':
      return Object.fromEntries(node.fields.map(([name, each]) => [name, describe(each)]));
  }
}
