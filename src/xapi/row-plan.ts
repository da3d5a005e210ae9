/**
 * Compiles a row of the table to functions that only read values, so that one event costs
 * microseconds.
 */
import { compileExpression, type ExpressionContext } from './expression';
import { asText, type EventSource, type FieldReader } from './learning-event';
import type { StatementDraft, XapiActivityRow, XapiContextRow, XapiResultRow, XapiRow, XapiText } from './row';
import type { LanguageMap, XapiActivity, XapiContext, XapiExtensions, XapiResult, XapiVerb } from './statement';

type Maker<T> = (source: EventSource) => T;

/** Makes the draft of a row. `context` has what all statements share. */
export type RowPlan = (source: EventSource, context: XapiContext) => StatementDraft;

export function planRow(row: XapiRow, context: ExpressionContext): RowPlan {
  const verb = verbOf(row);
  const object = requiredActivity(row.object, context);
  const result = row.result === undefined ? undefined : planResult(row.result, context);
  const extend = planContext(row.context, context);
  return (source, shared) => ({
    verb,
    object: object(source),
    ...(result !== undefined && { result: result(source) }),
    context: extend(source, shared),
  });
}

function verbOf({ verb: { id, display } }: XapiRow): XapiVerb {
  if (display === undefined) return { id };
  return { id, display: typeof display === 'string' ? { en: display } : display };
}

function requiredActivity(row: XapiActivityRow, context: ExpressionContext): Maker<XapiActivity> {
  const activity = planActivity(row, context);
  const missing = typeof row.id === 'string' ? `${row.id.replace(/^!/, '')} is missing` : 'its object has no id';
  return (source) => {
    const made = activity(source);
    if (made === undefined) throw source.error(missing);
    return made;
  };
}

function planActivity(row: XapiActivityRow, context: ExpressionContext): Maker<XapiActivity | undefined> {
  const id = compileExpression(row.id, context);
  const name = planText(row.name, context);
  const description = planText(row.description, context);
  const extensions = row.extensions === undefined ? undefined : planExtensions(row.extensions, context);
  return (source) => {
    const value = id(source);
    if (value === undefined) return undefined;
    const definition = {
      ...(row.type !== undefined && { type: row.type }),
      ...name('name', source),
      ...description('description', source),
      ...(extensions !== undefined && { extensions: extensions(source) }),
    };
    return { id: asText(value), objectType: 'Activity', definition };
  };
}

function planText(
  text: XapiText | undefined,
  context: ExpressionContext,
): (key: string, source: EventSource) => Readonly<Record<string, LanguageMap>> | undefined {
  if (text === undefined) return () => undefined;
  const [language, expression] = text;
  const read = compileExpression(expression, context);
  return (key, source) => {
    const value = read(source);
    return value === undefined ? undefined : { [key]: { [language]: asText(value) } };
  };
}

function planExtensions(
  rows: Readonly<Record<string, Parameters<typeof compileExpression>[0]>>,
  context: ExpressionContext,
): Maker<XapiExtensions> {
  const readers = Object.entries(rows).map(([iri, each]) => [iri, compileExpression(each, context)] as const);
  return (source) => {
    const extensions: Record<string, unknown> = {};
    for (const [iri, read] of readers) {
      const value = read(source);
      if (value !== undefined) extensions[iri] = value;
    }
    return extensions;
  };
}

function planResult({ score, extensions, ...fields }: XapiResultRow, context: ExpressionContext): Maker<XapiResult> {
  const readers = planFields(fields, context);
  const scores = score === undefined ? undefined : planFields(score, context);
  const extend = extensions === undefined ? undefined : planExtensions(extensions, context);
  return (source) => ({
    ...(readValues(readers, source) as XapiResult),
    ...(scores !== undefined && { score: readValues(scores, source) }),
    ...(extend !== undefined && { extensions: extend(source) }),
  });
}

type Fields = readonly (readonly [string, FieldReader])[];

function planFields(fields: object, context: ExpressionContext): Fields {
  return Object.entries(fields as Readonly<Record<string, XapiText[1] | undefined>>).flatMap(([name, each]) =>
    each === undefined ? [] : [[name, compileExpression(each, context)] as const],
  );
}

function readValues(readers: Fields, source: EventSource): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, read] of readers) {
    const value = read(source);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function planContext(
  row: XapiContextRow = {},
  context: ExpressionContext,
): (source: EventSource, shared: XapiContext) => XapiContext {
  const { grouping, extensions, course = true } = row;
  const extend = extensions === undefined ? undefined : planExtensions(extensions, context);
  const group = grouping === undefined ? undefined : planGrouping(grouping, context);
  return (source, shared) =>
    contextWith(shared, { hasCourse: course, grouping: group?.(source), extensions: extend?.(source) });
}

/** Adds the parts of one statement to what all statements share. */
export function contextWith(
  { contextActivities, ...shared }: XapiContext,
  own: {
    readonly hasCourse: boolean;
    readonly grouping: XapiActivity | undefined;
    readonly extensions: XapiExtensions | undefined;
  },
): XapiContext {
  const parent = own.hasCourse ? contextActivities?.parent : undefined;
  return {
    ...shared,
    ...((parent !== undefined || own.grouping !== undefined) && {
      contextActivities: {
        ...(parent !== undefined && { parent }),
        ...(own.grouping !== undefined && { grouping: [own.grouping] }),
      },
    }),
    ...(own.extensions !== undefined && { extensions: { ...shared.extensions, ...own.extensions } }),
  };
}

function planGrouping(
  { when, ...row }: NonNullable<XapiContextRow['grouping']>,
  context: ExpressionContext,
): Maker<XapiActivity | undefined> {
  const isThere = when === undefined ? undefined : compileExpression(when, context);
  const activity = planActivity(row, context);
  return (source) => (isThere !== undefined && isThere(source) === undefined ? undefined : activity(source));
}
