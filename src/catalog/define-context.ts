import { showInFull, showValue } from '../common/tracking-config.exception';
import { contentHash } from './canonical-json';
import { DefinitionReader } from './definition-reader';
import type { ContextDocument } from './event-document';
import { hasMark } from './marks';
import type { EventSchema } from './event-schema';

export interface ContextDefinitionOptions<Fields extends EventSchema<object> = EventSchema<object>> {
  /** @default none */
  readonly title?: string | undefined;
  /** @default none */
  readonly description?: string | undefined;
  /** Where and how long the context is active: `Around each request`.  @default none */
  readonly when?: string | undefined;
  /** Schema of the fields that it adds to the context of events.  @default none */
  readonly fields?: Fields | undefined;
  /**
   * Paths to personal fields: `['email']` or `['context.email']`. They apply to every event. A path
   * must lead to a field that the schema declares or leaves open.
   * @default []
   */
  readonly pii?: readonly string[] | undefined;
}

const MARK = Symbol.for('nestjs-event-tracking.context');

/** Definition of a context. Code enters the context by its name. */
export interface ContextDefinition<Name extends string = string> {
  readonly name: Name;
  /** Document of the context as plain JSON. */
  readonly document: ContextDocument;
}

const OPTIONS: readonly (keyof ContextDefinitionOptions)[] = ['title', 'description', 'when', 'fields', 'pii'];

/**
 * Documents a context: the fields that a scope adds to the events in it, and when.
 * @param name name as in `tracker.context(name, ...)` and @TrackingContext; `request` for the
 * context of the module
 * @throws EventDefinitionException with every error in the definition
 */
export function defineContext<const Name extends string>(
  name: Name,
  options: ContextDefinitionOptions = {},
): ContextDefinition<Name> {
  const reader = new DefinitionReader(`defineContext(${showInFull(name)})`, options, OPTIONS);
  if (typeof name !== 'string' || name === '')
    reader.add('name', `it is ${showValue(name)}`, "defineContext('course', {...})");
  const fields = reader.schema('fields');
  const facts = {
    ...{ name, title: reader.text('title'), description: reader.text('description'), when: reader.text('when') },
    ...{ fields: fields?.json ?? null, pii: reader.paths('pii', { context: fields }, 'context') },
  };
  reader.throwIfAny();
  return Object.freeze({ [MARK]: true, name, document: Object.freeze({ ...facts, hash: contentHash(facts) }) });
}

export function isContextDefinition(value: unknown): value is ContextDefinition {
  return hasMark(value, MARK);
}
