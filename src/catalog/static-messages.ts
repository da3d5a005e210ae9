import type { Validate } from './event-schema';
import type { JsonSchema } from './json-schema';
import { madeUpValue, type Variant } from './made-up-value';

const ROUNDS = 4;
const MAX_MESSAGES = 200;
const MAX_LENGTH = 300;

/**
 * The messages of a schema that quote nothing: those that it gives, to the letter, for made-up values which have nothing in
 * common. A message about an event is shown only if it is one of them. To look for the value in the message would not do: it may
 * quote a part of the value, the value in another case or notation, or another field.
 *
 * Asked when the schema is defined, before there is any event.
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

/** A check of the application may throw at what it does not expect. */
function messagesOf(validate: Validate, value: unknown): string[] {
  try {
    const answer = validate(value);
    if (!(answer instanceof Promise)) return (answer.issues ?? []).slice(0, MAX_MESSAGES).map(({ message }) => message);
    answer.catch(() => undefined);
  } catch {
    // It has no message for this value.
  }
  return [];
}
