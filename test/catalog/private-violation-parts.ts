import { defineEvent } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { EventCheck } from '../../src/catalog/event-check';
import type { Violation } from '../../src/catalog/violation';

export const MAIL = 'ann.smith@secret.org';
export const asUntyped = (value: unknown): never => value as never;

export const violationsIn = (
  data: EventSchema<object>,
  value: unknown,
  context?: EventSchema<object>,
): readonly Violation[] => {
  const definition = defineEvent('e', { data, ...(context && { context }) });
  return new EventCheck(definition, { undeclared: true }).check(value, value)?.violations ?? [];
};

/** Messages of a check that quotes in some way what it has seen. */
export const quoting: Readonly<Record<string, (value: { text: string; other: string; amount: number }) => string>> = {
  'the value': ({ text }) => `bad address ${text}`,
  'another field': ({ other }) => `must equal ${other}`,
  'the value in upper case': ({ text }) => `bad address ${text.toUpperCase()}`,
  'a part of the value': ({ text }) => `bad local part ${text.split('@')[0] ?? ''}`,
  'the first letter': ({ text }) => `begins with ${text[0] ?? ''}`,
  'the value backwards': ({ text }) => `bad ${Array.from(text).reverse().join('')}`,
  'a number with separators': ({ amount }) => `bad amount ${amount.toLocaleString('en')}`,
  'a number rounded': ({ amount }) => `about ${String(Math.round(amount / 1000))} thousand`,
  'the whole object': (value) => `bad ${JSON.stringify(value)}`,
  'the length of the value': ({ text }) => `has ${String(text.length)} characters`,
};

export const value = { text: MAIL, other: 'bob.jones@secret.org', amount: 123_456_789 };
const PIECES = ['ann', 'smith', 'secret', 'bob', '123', '456', '789', 'trams', '20'];

export function expectNothingOf(shown: unknown): void {
  const text = JSON.stringify(shown).toLowerCase();
  for (const piece of PIECES) expect(text).not.toContain(piece);
}
