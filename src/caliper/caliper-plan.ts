/**
 * Compiles a row of the table to functions that only read values.
 */
import { optionalNumber } from '../xapi/domain-functions';
import { compileExpression, type ExpressionContext } from '../xapi/expression';
import { asText, type EventSource, type FieldReader } from '../xapi/learning-event';
import { caliperDuration } from '../xapi/times';
import type { CaliperEntity } from './caliper-event';
import type { CaliperDraft, CaliperEntityRow, CaliperExpression, CaliperRow } from './caliper-row';

type Extensions = Readonly<Record<string, unknown>>;

/** @param partOf extensions of the object with its course */
export type CaliperPlan = (source: EventSource, partOf: Extensions) => CaliperDraft;

export function planCaliperRow(row: CaliperRow, context: ExpressionContext): CaliperPlan {
  const { type, action, isPartOfCourse = true } = row;
  const object = planEntity(row.object, context);
  const target = row.target === undefined ? undefined : planEntity(row.target, context);
  const extensions = planValues(row.extensions ?? {}, context);
  return (source, partOf) => ({
    type,
    action,
    object: object(source, isPartOfCourse ? partOf : {}),
    ...(target !== undefined && { target: target(source, {}) }),
    extensions: extensions(source),
  });
}

function planEntity(
  row: CaliperEntityRow,
  context: ExpressionContext,
): (source: EventSource, partOf: Extensions) => CaliperEntity {
  const id = compileExpression(row.id, context);
  const fields = planValues(row.fields ?? {}, context);
  const extend = planValues(row.extensions ?? {}, context);
  return (source, partOf) => {
    const value = id(source);
    if (value === undefined) throw source.error(`the ${row.type} has no id`);
    const extensions = { ...extend(source), ...partOf };
    return {
      id: asText(value),
      type: row.type,
      ...fields(source),
      ...(Object.keys(extensions).length > 0 && { extensions }),
    };
  };
}

function planValues(
  rows: Readonly<Record<string, CaliperExpression>>,
  context: ExpressionContext,
): (source: EventSource) => Record<string, unknown> {
  const readers = Object.entries(rows).map(([name, each]) => [name, compileValue(each, context)] as const);
  return (source) => {
    const values: Record<string, unknown> = {};
    for (const [name, read] of readers) {
      const value = read(source);
      if (value !== undefined) values[name] = value;
    }
    return values;
  };
}

function compileValue(expression: CaliperExpression, context: ExpressionContext): FieldReader {
  if (typeof expression !== 'object' || !('seconds' in expression)) return compileExpression(expression, context);
  const read = compileExpression(expression.seconds, context);
  const { isZeroMissing = false } = expression;
  return (source) => {
    const seconds = optionalNumber(read, source);
    return seconds === undefined || (isZeroMissing && seconds === 0) ? undefined : caliperDuration(seconds);
  };
}
