import { copyNormalForm } from '../event/normal-form';
import { showInFull, showValue } from '../common/tracking-config.exception';
import { contentHash } from './canonical-json';
import { DefinitionReader } from './definition-reader';
import { DeclaredKeys } from './declared-keys';
import type { Deprecation, EventDocument, EventSource, HistoryEntry } from './event-document';
import { refusalOf, type EventSchema, type InputOf, type ReadSchema } from './event-schema';
import { hasMark } from './marks';
import { isSchema } from './json-schema';
import type { ValidationMode } from './validation-mode';

/** All that can be said of an event. Everything is optional, and nothing is asked for that nobody would read. */
export interface EventDefinitionOptions<
  Data extends EventSchema<object> = EventSchema<object>,
  Context extends EventSchema<object> = EventSchema<object>,
> {
  /** A few words: `Enrolment activated`.  @default none */
  readonly title?: string | undefined;
  /** @default none */
  readonly description?: string | undefined;
  /** When it is emitted: `A learner enrols, by themselves or by staff`.  @default none */
  readonly when?: string | undefined;
  /** @default 'server' */
  readonly source?: EventSource | undefined;
  /** Whom to ask about it.  @default none */
  readonly owner?: string | undefined;
  /** When it was first emitted: a date, or a release.  @default none */
  readonly since?: string | undefined;
  /** Raised with each change that breaks what readers relied on (`event-tracking catalog check`).  @default 1 */
  readonly version?: number | undefined;
  /** Newest last.  @default [] */
  readonly history?: readonly HistoryEntry[] | undefined;
  /** The schema of its data.  @default none: any object */
  readonly data?: Data | undefined;
  /** What the context must carry; it may carry more.  @default none */
  readonly context?: Context | undefined;
  /**
   * Paths to what is personal: `['context.email', 'data.answers.*.text']`. Redact takes them as `marks: catalog.pii`. A path into
   * the data has to lead to something that its schema has, or leaves open.
   * @default []
   */
  readonly pii?: readonly string[] | undefined;
  /** Examples of its data. One that does not keep to the schema is refused.  @default [] */
  readonly examples?: readonly NoInfer<InputOf<Data>>[] | undefined;
  /** @default not deprecated */
  readonly deprecated?: Deprecation | undefined;
  /** What is done about an event that does not keep to this; wins over the module's.  @default the module's */
  readonly validation?: ValidationMode | undefined;
}

/** Known by what it is marked with, not by its class: the tool that prints catalogs may have loaded this library another time. */
const MARK = Symbol.for('nestjs-event-tracking.event');

/** An event as it is defined: handed to `emit` and @TrackEvent in the place of its name, and to the module in its catalog. */
export interface EventDefinition<Name extends string = string, Data extends object = object> {
  readonly name: Name;
  /** As plain JSON. */
  readonly document: EventDocument;
  readonly validation: ValidationMode | undefined;
  /** @internal */
  readonly schemas: { readonly data: ReadSchema | undefined; readonly context: ReadSchema | undefined };
  /** Only for the compiler: what its data is. */
  readonly '~data'?: Data | undefined;
}

/** The type of the data of an event. */
export type EventData<Definition extends EventDefinition> = NonNullable<Definition['~data']>;

const OPTIONS: readonly (keyof EventDefinitionOptions)[] = [
  ...(['title', 'description', 'when', 'source', 'owner', 'since', 'version', 'history'] as const),
  ...(['data', 'context', 'pii', 'examples', 'deprecated', 'validation'] as const),
];

/**
 * Defines an event once: the compiler then checks what is emitted, the catalog validates and documents it.
 * @param name under which it is emitted
 * @throws EventDefinitionException with everything that is wrong in it
 */
export function defineEvent<
  const Name extends string,
  // An object with keys of its own, so that a definition without a schema takes any object.
  Data extends EventSchema<object> = EventSchema<object>,
  Context extends EventSchema<object> = EventSchema<object>,
>(name: Name, options: EventDefinitionOptions<Data, Context> = {}): EventDefinition<Name, InputOf<Data> & object> {
  const reader = new DefinitionReader(`defineEvent(${showInFull(name)})`, options, OPTIONS);
  if (typeof name !== 'string' || name === '')
    reader.add('name', `it is ${showValue(name)}`, "defineEvent('video.played', {...})");
  const data = reader.schema('data');
  const context = reader.schema('context');
  const version = reader.version('version');
  const facts = {
    ...{ name, version },
    ...{ title: reader.text('title'), description: reader.text('description'), when: reader.text('when') },
    source: reader.oneOf<EventSource>('source', ['server', 'browser', 'mobile'], 'server'),
    ...{ owner: reader.text('owner'), since: reader.text('since'), history: history(reader, version) },
    deprecated: deprecation(reader),
    ...{ data: data?.json ?? null, context: context?.json ?? null },
    ...{ pii: reader.paths('pii', { data }), examples: examples(reader, data) },
  };
  const validation = reader.oneOf<ValidationMode | ''>('validation', ['off', 'report', 'reject'], '');
  reader.throwIfAny();
  return Object.freeze({
    [MARK]: true,
    name,
    document: Object.freeze({ ...facts, hash: contentHash(facts) }),
    validation: validation === '' ? undefined : validation,
    schemas: { data, context },
  });
}

export function isEventDefinition(value: unknown): value is EventDefinition {
  return hasMark(value, MARK);
}

function history(reader: DefinitionReader, version: number): readonly HistoryEntry[] {
  return reader.list('history').flatMap((entry, at) => {
    const fault = historyFault(entry, version);
    if (fault === undefined) return entry as HistoryEntry;
    reader.add(`history[${String(at)}]`, fault, "{ version: 2, date: '2026-11-01', change: 'mode was added' }");
    return [];
  });
}

function historyFault(entry: unknown, latest: number): string | undefined {
  if (!isSchema(entry)) return `it is ${showValue(entry)}`;
  const { version, date, change } = entry;
  if (typeof change !== 'string' || change.trim() === '') return 'it does not say what changed';
  if (typeof date !== 'string' || date.trim() === '') return `its date is ${showValue(date)}`;
  if (version === undefined) return undefined;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    return `its version is ${showValue(version)}`;
  return version > latest ? `its version ${String(version)} is above that of the event, ${String(latest)}` : undefined;
}

function deprecation(reader: DefinitionReader): Deprecation | null {
  const given = reader.object('deprecated');
  if (given === undefined) return null;
  const { since, replacedBy } = given;
  if (typeof since === 'string' && (replacedBy === undefined || typeof replacedBy === 'string'))
    return replacedBy === undefined ? { since } : { since, replacedBy };
  reader.add('deprecated', 'it says not since when', "{ since: '2026-11-01', replacedBy: 'video.started' }");
  return null;
}

/** An example that is wrong misleads everybody who reads it. */
function examples(reader: DefinitionReader, data: ReadSchema | undefined): readonly unknown[] {
  const keys = data && DeclaredKeys.of(data.json, data.isOpen);
  return reader.list('examples').map((example, at) => {
    const wrong = wrongIn(example, data, keys);
    if (wrong !== undefined)
      reader.add(
        `examples[${String(at)}]`,
        `it does not keep to data: ${wrong}`,
        'an example of the data, as it is emitted',
      );
    return JSON.parse(JSON.stringify(copyNormalForm(example as object))) as unknown;
  });
}

function wrongIn(example: unknown, data: ReadSchema | undefined, keys: DeclaredKeys | undefined): string | undefined {
  if (data === undefined) return isSchema(example) ? undefined : `it is ${showValue(example)}, and data is an object`;
  const refusal = refusalOf(data, example);
  if (refusal !== undefined) return refusal;
  const [undeclared] = keys?.undeclaredIn(example, 'data', 1, (key) => key) ?? [];
  return undeclared && `${undeclared.path} ${undeclared.message}`;
}
