import type { Validate } from './validate';
import type { JsonSchema } from './json-schema';
import { madeUpValue, type Variant } from './made-up-value';

const ROUNDS = 4;
const MAX_MESSAGES = 200;
const MAX_LENGTH = 300;

/**
 * Finds the messages of a schema that quote nothing: those that are identical for made-up values
 * with nothing in common. Only these messages are shown for events. Searching a message for the
 * value would not be enough: it may quote a part of the value, another notation of it, or another
 * field.
 *
 * Runs when the schema is defined, before there are events.
 */
export function staticMessages(validate: Validate, json: JsonSchema): ReadonlySet<string> {
  const [one, other] = ([0, 1] as const).map((variant) => messagesFor(validate, json, variant));
  return new Set([...(one ?? [])].filter((message) => other?.has(message)));
}

function messagesFor(validate: Validate, json: JsonSchema, variant: Variant): Set<string> {
  const messages = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const message of messagesOf(validate, madeUpValue(json, variant, round))) {
      if (messages.size < MAX_MESSAGES && message.length <= MAX_LENGTH) messages.add(message);
    }
  }
  return messages;
}

/** Returns the messages for a value. A check of the application may throw at unexpected values. */
function messagesOf(validate: Validate, value: unknown): string[] {
  try {
    const answer = validate(value);
    if (!(answer instanceof Promise)) return (answer.issues ?? []).slice(0, MAX_MESSAGES).map(({ message }) => message);
    answer.catch(() => undefined);
  } catch {
    // The check has no message for this value.
  }
  return [];
}
