import { defineEvent, EventDefinitionException } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { EventCheck } from '../../src/catalog/event-check';

export const checkOf = (schema: EventSchema<object>, showsKeys = false): EventCheck =>
  new EventCheck(defineEvent('problem_check', { data: schema }), { undeclared: true, showsKeys });

/** With the keys that are not declared. */
export const found = (schema: EventSchema<object>, data: unknown): string[] =>
  (checkOf(schema, true).check(data, {})?.violations ?? []).map(({ kind, path }) => `${kind} ${path}`).sort();

/** The message of the EventDefinitionException that a definition causes. */
export function errorsOf(define: () => unknown): string {
  try {
    define();
  } catch (error) {
    expect(error).toBeInstanceOf(EventDefinitionException);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}
