import { copyNormalForm } from '../event/normal-form';
import { showInFull, showValue } from '../common/tracking-config.exception';
import { contentHash } from './canonical-json';
import { DefinitionReader } from './definition-reader';
import { DeclaredKeys } from './declared-keys';
import type { Deprecation, EventDocument, EventSource, HistoryEntry } from './event-document';
import { refusalOf, type EventSchema, type SchemaInput, type ReadSchema } from './event-schema';
import { hasMark } from './marks';
import { isSchema } from './json-schema';
import type { ReadStatement } from './statement/read-statement';
import type { StatementDefinition } from './statement/statement-definition';
import type { ValidationMode } from './validation-mode';

/** Options of an event definition. All are optional. */
export interface EventDefinitionOptions<
  Data extends EventSchema<object> = EventSchema<object>,
  Context extends EventSchema<object> = EventSchema<object>,
> {
  /** Short title, for example `Enrolment activated`.  @default none */
  readonly title?: string | undefined;
  /** @default none */
  readonly description?: string | undefined;
  /**
   * When the event is emitted, for example `A learner enrols, by themselves or by staff`.
   * @default none
   */
  readonly when?: string | undefined;
  /** @default 'server' */
  readonly source?: EventSource | undefined;
  /** Person or team responsible for the event.  @default none */
  readonly owner?: string | undefined;
  /** Date or release in which the event was first emitted.  @default none */
  readonly since?: string | undefined;
  /**
   * Version of the event. Raise it with each change that breaks its readers (`event-tracking
   * catalog check`).
   * @default 1
   */
  readonly version?: number | undefined;
  /** History of the event, newest entry last.  @default [] */
  readonly history?: readonly HistoryEntry[] | undefined;
  /** Schema of the event data.  @default none: any object */
  readonly data?: Data | undefined;
  /** Fields that the context must contain; it may contain others.  @default none */
  readonly context?: Context | undefined;
  /**
   * Paths to personal data, for example `['context.email', 'data.answers.*.text']`. Redact accepts
   * them as `marks: catalog.pii`. A path into the data must lead to a field that the schema
   * declares or leaves open.
   * @default []
   */
  readonly pii?: readonly string[] | undefined;
  /**
   * Examples of the event data. An example that does not match the schema is rejected.
   * @default []
   */
  readonly examples?: readonly NoInfer<SchemaInput<Data>>[] | undefined;
  /** @default not deprecated */
  readonly deprecated?: Deprecation | undefined;
  /**
   * Action for events that violate this definition. Overrides the mode of the module.
   * @default the mode of the module
   */
  readonly validation?: ValidationMode | undefined;
  /**
   * How to make the xAPI statement of an event, for XapiBackend and `toXapi` of
   * nestjs-event-tracking/xapi. Each part is a constant, a string with placeholders such as
   * `{data.invoice_id}`, or a function of the event.
   * @default none: no statement, unless another row has the name
   */
  readonly xapi?: StatementDefinition<NoInfer<SchemaInput<Data>>, NoInfer<SchemaInput<Context>>> | undefined;
}

/**
 * Identifies definitions by a mark, not by their class: the command that prints catalogs may have
 * loaded a second copy of this library.
 */
const MARK = Symbol.for('nestjs-event-tracking.event');

/**
 * Definition of an event. Pass it to `emit` and @TrackEvent instead of the event name, and to the
 * module in its catalog.
 */
export interface EventDefinition<Name extends string = string, Data extends object = object> {
  readonly name: Name;
  /** Document of the event as plain JSON. */
  readonly document: EventDocument;
  readonly validation: ValidationMode | undefined;
  /** @internal */
  readonly schemas: { readonly data: ReadSchema | undefined; readonly context: ReadSchema | undefined };
  /** @internal */
  readonly xapi: ReadStatement | undefined;
  /** Type of the event data, for the compiler only. */
  readonly '~data'?: Data | undefined;
}

/** Type of the data of an event. */
export type EventData<Definition extends EventDefinition> = NonNullable<Definition['~data']>;

const OPTIONS: readonly (keyof EventDefinitionOptions)[] = [
  ...(['title', 'description', 'when', 'source', 'owner', 'since', 'version', 'history'] as const),
  ...(['data', 'context', 'pii', 'examples', 'deprecated', 'validation', 'xapi'] as const),
];

/**
 * Defines an event. The compiler checks the emitted data; the catalog validates and documents it.
 * @param name name of the event when emitted
 * @throws EventDefinitionException with every error in the definition
 */
export function defineEvent<
  const Name extends string,
  // An object type with own keys, so that a definition without a schema accepts any object.
  Data extends EventSchema<object> = EventSchema<object>,
  Context extends EventSchema<object> = EventSchema<object>,
>(name: Name, options: EventDefinitionOptions<Data, Context> = {}): EventDefinition<Name, SchemaInput<Data> & object> {
  const reader = new DefinitionReader(`defineEvent(${showInFull(name)})`, options, OPTIONS);
  if (typeof name !== 'string' || name === '')
    reader.add('name', `it is ${showValue(name)}`, "defineEvent('video.played', {...})");
  const data = reader.schema('data');
  const context = reader.schema('context');
  const xapi = reader.statement('xapi', { data });
  const version = reader.version('version');
  const facts = {
    ...{ name, version },
    ...{ title: reader.text('title'), description: reader.text('description'), when: reader.text('when') },
    source: reader.oneOf<EventSource>('source', ['server', 'browser', 'mobile'], 'server'),
    ...{ owner: reader.text('owner'), since: reader.text('since'), history: history(reader, version) },
    deprecated: deprecation(reader),
    ...{ data: data?.json ?? null, context: context?.json ?? null },
    ...{ pii: reader.paths('pii', { data }), examples: examples(reader, data) },
    // Without a statement, the hash is that of a definition from before there were any.
    ...(xapi !== undefined && { xapi: xapi.document }),
  };
  const validation = reader.oneOf<ValidationMode | ''>('validation', ['off', 'report', 'reject'], '');
  reader.throwIfAny();
  return Object.freeze({
    [MARK]: true,
    name,
    document: Object.freeze({ ...facts, hash: contentHash(facts) }),
    validation: validation === '' ? undefined : validation,
    schemas: { data, context },
    xapi,
  });
}

export function isEventDefinition(value: unknown): value is EventDefinition {
  return hasMark(value, MARK);
}

function history(reader: DefinitionReader, version: number): readonly HistoryEntry[] {
  return reader.list('history').flatMap((entry, at) => {
    const error = historyError(entry, version);
    if (error === undefined) return entry as HistoryEntry;
    reader.add(`history[${String(at)}]`, error, "{ version: 2, date: '2026-11-01', change: 'mode was added' }");
    return [];
  });
}

function historyError(entry: unknown, latest: number): string | undefined {
  if (!isSchema(entry)) return `it is ${showValue(entry)}`;
  const { version, date, change } = entry;
  if (typeof change !== 'string' || change.trim() === '') return 'its change is missing';
  if (typeof date !== 'string' || date.trim() === '') return `its date is ${showValue(date)}`;
  if (version === undefined) return undefined;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    return `its version is ${showValue(version)}`;
  return version > latest
    ? `its version ${String(version)} is higher than the version of the event, ${String(latest)}`
    : undefined;
}

function deprecation(reader: DefinitionReader): Deprecation | null {
  const given = reader.object('deprecated');
  if (given === undefined) return null;
  const { since, replacedBy } = given;
  if (typeof since === 'string' && (replacedBy === undefined || typeof replacedBy === 'string'))
    return replacedBy === undefined ? { since } : { since, replacedBy };
  reader.add(
    'deprecated',
    'its since is missing, or its replacedBy is not a string',
    "{ since: '2026-11-01', replacedBy: 'video.started' }",
  );
  return null;
}

/** Rejects examples that do not match the schema: an invalid example misleads its readers. */
function examples(reader: DefinitionReader, data: ReadSchema | undefined): readonly unknown[] {
  const keys = data && DeclaredKeys.of(data.json, data.isOpen);
  return reader.list('examples').map((example, at) => {
    const wrong = wrongIn(example, data, keys);
    if (wrong !== undefined)
      reader.add(
        `examples[${String(at)}]`,
        `it does not match data: ${wrong}`,
        'give an example of the data as you emit it',
      );
    return JSON.parse(JSON.stringify(copyNormalForm(example as object))) as unknown;
  });
}

function wrongIn(example: unknown, data: ReadSchema | undefined, keys: DeclaredKeys | undefined): string | undefined {
  if (data === undefined) return isSchema(example) ? undefined : `it is ${showValue(example)}, but data is an object`;
  const refusal = refusalOf(data, example);
  if (refusal !== undefined) return refusal;
  const [undeclared] = keys?.undeclaredIn(example, 'data', 1, (key) => key) ?? [];
  return undeclared && `${undeclared.path} ${undeclared.message}`;
}
