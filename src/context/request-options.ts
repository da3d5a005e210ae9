import { REQUEST_FIELDS } from './request-fields';

/** One thing in the options that is not what it has to be. Whoever shows it decides how much of a name and a value it shows. */
export interface OptionFault {
  readonly path: string;
  /** The key below `path` under which the value stands: the application has chosen it. */
  readonly key?: string;
  readonly value: unknown;
  /** Whether nothing of the value may be shown but its kind. */
  readonly isSecret?: boolean;
  /** Whether a string in it is the name of a field, which is shown if it reads like one. */
  readonly isField?: boolean;
  readonly wanted: string;
  /** What may stand there. */
  readonly choices?: readonly string[];
  readonly fix: string;
}

/**
 * A misspelled name would fail in silence, and in the open: the field that was to be left out or hidden goes into every event.
 * So each name in the options has to be one that does something.
 */
export function faultsOfRequestContext(options: unknown): OptionFault[] {
  if (options === undefined || options === false) return [];
  if (!isObject(options)) {
    return [{ path: 'requestContext', value: options, wanted: 'an object or false', fix: 'leave it out' }];
  }
  const { fields = {}, hash, afterResponse } = options;
  if (!isObject(fields)) {
    return [{ path: 'requestContext.fields', value: fields, wanted: 'an object', fix: 'fields: { ip: false }' }];
  }
  return [
    ...Object.entries(fields).flatMap(([name, change]) => faultOfField(name, change)),
    ...(hash === undefined ? [] : faultsOfHash(hash, fields)),
    ...faultOfAfterResponse(afterResponse),
  ];
}

const AFTER_RESPONSE: readonly string[] = ['keep', 'mark', 'drop'];

function faultOfAfterResponse(value: unknown): OptionFault[] {
  if (value === undefined || AFTER_RESPONSE.includes(value as string)) return [];
  const path = 'requestContext.afterResponse';
  return [{ path, value, wanted: 'one of these', choices: AFTER_RESPONSE, fix: "afterResponse: 'mark'" }];
}

function faultOfField(name: string, change: unknown): OptionFault[] {
  const at = { path: 'requestContext.fields', key: name };
  if (typeof change === 'function' || change === undefined) return [];
  if (change !== false && (typeof change !== 'string' || change === '')) {
    const fix = "ip: false, or ip: 'another_name', or ip: (request) => ...";
    return [{ ...at, value: change, wanted: 'false, a new name, or a function', fix }];
  }
  if (REQUEST_FIELDS.includes(name)) return [];
  return [{ ...at, value: name, wanted: 'a field that there is', choices: REQUEST_FIELDS, fix: 'name one of them' }];
}

function faultsOfHash(hash: unknown, fields: Readonly<Record<string, unknown>>): OptionFault[] {
  const fix = "hash: { fields: ['user_id'], key: config.getOrThrow('TRACKING_HASH_KEY') }";
  if (!isObject(hash)) {
    return [{ path: 'requestContext.hash', value: hash, wanted: 'an object', fix }];
  }
  const faults: OptionFault[] = [];
  const renamed = Object.values(fields).filter((change) => typeof change === 'string');
  const choices = [...REQUEST_FIELDS, ...Object.keys(fields), ...renamed];
  const names: readonly unknown[] = Array.isArray(hash['fields']) ? hash['fields'] : [hash['fields']];
  for (const value of names) {
    if (typeof value === 'string' && choices.includes(value)) continue;
    const wanted = 'a field that there is';
    faults.push({ path: 'requestContext.hash.fields', value, isField: true, wanted, choices, fix });
  }
  const { key } = hash;
  if (typeof key !== 'string' || key === '') {
    const wanted = 'a string that only the operator knows: without it, anyone can hash all user ids and compare';
    faults.push({ path: 'requestContext.hash.key', value: key, isSecret: true, wanted, fix });
  }
  return faults;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
