import { REQUEST_FIELDS } from './request-fields';

/**
 * One error in the options. The code that shows it decides how much of a name and a value is shown.
 */
export interface OptionFault {
  readonly path: string;
  /** Key below `path` that has the value. The application has chosen it. */
  readonly key?: string;
  readonly value: unknown;
  /** True if only the kind of the value may be shown. */
  readonly isSecret?: boolean;
  /** True if a string value is the name of a field. It is shown if it reads like a name. */
  readonly isField?: boolean;
  readonly wanted: string;
  /** Values that are allowed. */
  readonly choices?: readonly string[];
  readonly fix: string;
}

/**
 * Validates the request context options. A misspelled name would otherwise have no effect, and the
 * field that should be omitted or hashed would be written into every event. Therefore each name
 * must be a known one.
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
