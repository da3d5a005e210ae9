import { DomainFunctions } from './domain-functions';
import { guarded } from './guarded';
import { asText, fieldReader, present, type FieldReader } from './learning-event';
import type { XapiExpression } from './row';

/** What expressions need besides the event. */
export interface ExpressionContext {
  /** Root URL without a slash at its end. */
  readonly rootUrl: string;
  /** Returns the name of a course; undefined if it is not known. */
  readonly courseName: (courseId: string) => string | undefined;
}

/** Compiles an expression once, so that an event only reads values. */
export function compileExpression(expression: XapiExpression, context: ExpressionContext): FieldReader {
  if (typeof expression === 'string') return fieldReader(expression);
  if (typeof expression === 'function') {
    return (source) => present(guarded(source, 'a function of its row', () => expression(source.event)));
  }
  if ('const' in expression) return () => expression.const;
  if ('first' in expression) return firstOf(expression.first.map((each) => compileExpression(each, context)));
  if ('join' in expression) return joined(expression.join.map((each) => compileExpression(each, context)));
  if ('iri' in expression) {
    const [kind, value] = expression.iri;
    const read = compileExpression(value, context);
    return (source) => iri(context.rootUrl, kind, read(source));
  }
  const args = (expression.args ?? []).map((each) => compileExpression(each, context));
  return DomainFunctions[expression.fn](args, context);
}

/** Returns `<rootUrl>/<kind>/<value>`; undefined if the value is missing. */
export function iri(rootUrl: string, kind: string, value: unknown): string | undefined {
  return value === undefined ? undefined : `${rootUrl}/${kind}/${asText(value)}`;
}

function firstOf(readers: readonly FieldReader[]): FieldReader {
  return (source) => {
    for (const read of readers) {
      const value = read(source);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function joined(readers: readonly FieldReader[]): FieldReader {
  return (source) => {
    let text = '';
    for (const read of readers) {
      const value = read(source);
      if (value === undefined) return undefined;
      text += asText(value);
    }
    return text;
  };
}
