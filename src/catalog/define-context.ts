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
  /** Where it is entered, and for how long: `Around each request`.  @default none */
  readonly when?: string | undefined;
  /** The schema of the fields that it adds to the context of events.  @default none */
  readonly fields?: Fields | undefined;
  /**
   * Which of the fields are personal: `['email']`, or `['context.email']`. They hold for every event. A path has to lead to
   * something that the schema of the fields has, or leaves open.
   * @default []
   */
  readonly pii?: readonly string[] | undefined;
}

const MARK = Symbol.for('nestjs-event-tracking.context');

/** A context as it is documented. It is entered by its name, as any other. */
export interface ContextDefinition<Name extends string = string> {
  readonly name: Name;
  /** As plain JSON. */
  readonly document: ContextDocument;
}

const OPTIONS: readonly (keyof ContextDefinitionOptions)[] = ['title', 'description', 'when', 'fields', 'pii'];

/**
 * Documents a context: which scope adds which fields to the events in it, and when.
 * @param name of the scope's entry, as `tracker.context(name, ...)` and @TrackingContext have it; `request` for that of the module
 * @throws EventDefinitionException with everything that is wrong in it
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
