/**
 * Drafts a catalog file from a log. Every event of the log matches the draft, but a person must add
 * the meaning of the events.
 */
import { isDateTime } from '../date-time';
import { printable } from '../../common/printable';
import { amount, count } from '../progress';
import { call, literal, print, quote, type Code, type ObjectEntry } from './code';
import { constantNames, titleOf } from './event-words';
import { FieldProfile } from './field-profile';
import type { LogProfile, NameProfile } from './log-profile';
import {
  findPersonal,
  mapsWithPersonalKeys,
  personalPath,
  withoutPersonal,
  type PersonalField,
} from './personal-fields';
import type { SchemaLanguage } from './schema-code';
import { fieldsShape, shapeOf, type ObjectShape, type Shape } from './shape';
import { personalText } from './text-profile';

/**
 * Fields that the module adds to the context of a request. They are documented once, and not
 * required for each event.
 */
const OF_REQUEST = ['request_id', 'ip', 'agent', 'host', 'path', 'referer', 'accept_language', 'method', 'session'];
/** Additional user fields. Events that always have them may require them. */
const OF_USER = ['user_id', 'username'];
/** Minimum number of request fields in a log that requests wrote. */
const LEAST_OF_REQUEST = 2;

interface DraftedEvent {
  readonly name: string;
  readonly profile: NameProfile;
  readonly constant: string;
  readonly data: Shape | undefined;
  readonly context: ObjectShape;
  readonly personalData: readonly PersonalField[];
  readonly pii: readonly string[];
}

export function draftCatalog(log: LogProfile, title: string, language: SchemaLanguage): string {
  const names = [...log.names.keys()].sort();
  const constants = constantNames(names);
  const isOfRequests = requestFields(log).length >= LEAST_OF_REQUEST;
  const events = [...log.names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, profile]) => draftEvent(name, profile, constants.get(name) ?? 'Event', isOfRequests));
  // last, because it merges the profiles
  const request = isOfRequests ? requestContext(log, language) : undefined;
  const bodies = events.map((event) => eventText(event, language));
  const entries = [...(request === undefined ? [] : ['Request']), ...events.map(({ constant }) => constant)];
  const makers = [
    'defineCatalog',
    ...(request === undefined ? [] : ['defineContext']),
    ...(events.length === 0 ? [] : ['defineEvent']),
  ];
  const body = [...(request === undefined ? [] : [request]), ...bodies];
  const usesSchemas = body.some((text) => /^ {2}(?:data|context|fields): /m.test(text));
  const imports = [
    `import { ${makers.join(', ')} } from 'nestjs-event-tracking';`,
    ...(usesSchemas ? [language.importLine] : []),
  ];
  const catalog = `export const catalog = ${print(call('defineCatalog', { items: entries }), '', 'export const catalog = '.length)};`;
  return `${[headText(log, title), imports.join('\n'), ...body, catalog].join('\n\n')}\n`;
}

function headText({ names, otherNames }: LogProfile, title: string): string {
  const total = [...names.values()].reduce((sum, profile) => sum + profile.count, 0);
  const left = otherNames === 0 ? '' : `\n// Not included: ${amount(otherNames, 'event')} with other names.`;
  return `// Draft from ${amount(total, 'event')} with ${amount(names.size, 'name')} in ${printable(title)}. All of them match it.${left}
// It covers only what that log contains: describe the events, correct the types, and review what is marked as personal.`;
}

function draftEvent(name: string, profile: NameProfile, constant: string, isOfRequests: boolean): DraftedEvent {
  const { data, context } = profile;
  data.foldIfMap();
  for (const field of context.fields?.values() ?? []) field.foldIfMap();
  const personalData = findPersonal(data);
  const personalContext = findPersonal(context);
  const always = [...(context.fields ?? [])].filter(
    ([key, field]) =>
      field.count === profile.count && personalText(key) === undefined && !(isOfRequests && OF_REQUEST.includes(key)),
  );
  const shared: readonly unknown[] = isOfRequests ? [...OF_REQUEST, ...OF_USER] : [];
  return {
    ...{ name, profile, constant, personalData },
    data: isOnlyObjects(data) ? shapeOf(data, personalData) : undefined,
    context: fieldsShape(new Map(always), profile.count, true, personalContext),
    pii: [
      ...personalData.map((field) => personalPath('data', field)),
      ...personalContext
        .filter(({ steps }) => !shared.includes(steps[0]))
        .map((field) => personalPath('context', field)),
    ].filter((path) => path !== undefined && path !== 'data' && path !== 'context') as string[],
  };
}

/**
 * Returns true if the data can have a schema. Data that is a string or a list can be logged, but
 * not defined.
 */
function isOnlyObjects({ count: all, objects, arrays, isBottom }: FieldProfile): boolean {
  return objects > 0 && objects + arrays === all && !isBottom;
}

function eventText(event: DraftedEvent, language: SchemaLanguage): string {
  const { name, profile, constant, data, context, pii, personalData } = event;
  const title = titleOf(name);
  const example =
    data === undefined || profile.example === undefined
      ? undefined
      : withoutPersonal(profile.example, personalData, isDateTime);
  const entries: ObjectEntry[] = [
    ...(title === undefined ? [] : [{ key: 'title', value: quote(title) }]),
    { key: 'description', value: quote('TODO: what this event means.') },
    { key: 'when', value: quote('TODO: when this event is emitted.') },
    ...(data === undefined ? [] : [{ key: 'data', value: language.schema(data) }]),
    ...(context.fields.length === 0 ? [] : [{ key: 'context', value: language.context(context) }]),
    ...(pii.length === 0 ? [] : [{ key: 'pii', value: list(pii.map(quote)), comment: GUESSED }]),
    ...(example === undefined ? [] : [{ key: 'examples', value: list([literal(example)]) }]),
  ];
  const head = `export const ${constant} = `;
  const code = print(call('defineEvent', quote(name), { entries, isInline: false }), '', head.length);
  return `${[seenText(profile), ...noSchemaText(event), ...personalKeysText(event)].map((line) => `// ${line}\n`).join('')}${head}${code};`;
}

const GUESSED = 'Guessed from names and values.';

function seenText({ count: times, firstSeen, lastSeen }: NameProfile): string {
  const seen = amount(times, 'event');
  if (Number.isNaN(firstSeen)) return `${seen}.`;
  return `${seen}, from ${new Date(firstSeen).toISOString()} to ${new Date(lastSeen).toISOString()}.`;
}

function noSchemaText({ data, profile }: DraftedEvent): string[] {
  if (data !== undefined) return [];
  const others = profile.count - profile.data.objects;
  return [`TODO: its data was not an object in ${count(others)} of them, so its fields are unknown.`];
}

function personalKeysText({ profile: { data, context } }: DraftedEvent): string[] {
  const maps = [...mapsWithPersonalKeys(data, 'data'), ...mapsWithPersonalKeys(context, 'context')];
  if (maps.length === 0) return [];
  return [
    `TODO: keys of ${printable(maps.join(', '), 300)} are personal, but pii can mark only the values under a key.`,
  ];
}

function requestFields({ names }: LogProfile): string[] {
  const all = [...names.values()];
  return OF_REQUEST.filter((key) => all.some(({ context }) => context.fields?.has(key)));
}

function requestContext(log: LogProfile, language: SchemaLanguage): string {
  const together = new FieldProfile({ fields: Number.MAX_SAFE_INTEGER });
  const known = new Set([...OF_REQUEST, ...OF_USER]);
  for (const { context } of log.names.values()) together.mergeFields(context, known);
  const personal = findPersonal(together);
  const shape = fieldsShape(together.fields ?? new Map<string, FieldProfile>(), together.objects, false, personal);
  const pii = personal.map((field) => personalPath('', field)).filter((path) => path !== undefined);
  const entries: ObjectEntry[] = [
    { key: 'title', value: quote('Request') },
    { key: 'description', value: quote('TODO: what this context means.') },
    { key: 'when', value: quote('Around each HTTP request.') },
    { key: 'fields', value: language.context(shape) },
    ...(pii.length === 0 ? [] : [{ key: 'pii', value: list(pii.map(quote)), comment: GUESSED }]),
  ];
  const head = 'export const Request = ';
  return `${head}${print(call('defineContext', quote('request'), { entries, isInline: false }), '', head.length)};`;
}

function list(items: readonly Code[]): Code {
  return { items };
}
