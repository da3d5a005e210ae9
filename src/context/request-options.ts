import { REQUEST_FIELDS } from './request-fields';

/** One thing in the options that is not what it has to be. */
export interface OptionFault {
  readonly path: string;
  readonly value: unknown;
  readonly wanted: string;
  readonly mend: string;
}

/**
 * A misspelled name would fail in silence, and in the open: the field that was to be left out or hidden goes into every event.
 * So each name in the options has to be one that does something.
 */
export function faultsOfRequestContext(options: unknown): OptionFault[] {
  if (options === undefined || options === false) return [];
  if (!isObject(options)) {
    return [{ path: 'requestContext', value: options, wanted: 'an object or false', mend: 'leave it out' }];
  }
  const { fields = {}, hash } = options;
  if (!isObject(fields)) {
    return [{ path: 'requestContext.fields', value: fields, wanted: 'an object', mend: 'fields: { ip: false }' }];
  }
  return [
    ...Object.entries(fields).flatMap(([name, change]) => faultOfField(name, change)),
    ...(hash === undefined ? [] : faultsOfHash(hash, fields)),
  ];
}

function faultOfField(name: string, change: unknown): OptionFault[] {
  const path = `requestContext.fields.${name}`;
  const isKnown = REQUEST_FIELDS.includes(name);
  if (typeof change === 'function' || change === undefined) return [];
  if (change !== false && (typeof change !== 'string' || change === '')) {
    const mend = `${name}: false, or ${name}: 'another_name', or ${name}: (request) => ...`;
    return [{ path, value: change, wanted: 'false, a new name, or a function', mend }];
  }
  if (isKnown) return [];
  return [
    { path, value: name, wanted: `a field that there is: ${REQUEST_FIELDS.join(', ')}`, mend: 'name one of them' },
  ];
}

function faultsOfHash(hash: unknown, fields: Readonly<Record<string, unknown>>): OptionFault[] {
  const mend = "hash: { fields: ['user_id'], key: config.getOrThrow('TRACKING_HASH_KEY') }";
  if (!isObject(hash)) {
    return [{ path: 'requestContext.hash', value: hash, wanted: 'an object', mend }];
  }
  const faults: OptionFault[] = [];
  const renamed = Object.values(fields).filter((change) => typeof change === 'string');
  const known = [...REQUEST_FIELDS, ...Object.keys(fields), ...renamed];
  const names: readonly unknown[] = Array.isArray(hash['fields']) ? hash['fields'] : [hash['fields']];
  for (const name of names) {
    if (typeof name === 'string' && known.includes(name)) continue;
    const wanted = `a field that there is: ${known.join(', ')}`;
    faults.push({ path: 'requestContext.hash.fields', value: name, wanted, mend });
  }
  if (typeof hash['key'] !== 'string' || hash['key'] === '') {
    const wanted = 'a text that only the operator knows: without it, anybody can hash all user ids and compare';
    const value = hash['key'] === '' ? '' : typeof hash['key']; // never the key: it may be right but for its type
    faults.push({ path: 'requestContext.hash.key', value, wanted, mend });
  }
  return faults;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
