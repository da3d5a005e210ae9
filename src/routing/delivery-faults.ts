import { optionName, showChoice, showValue } from '../common/tracking-config.exception';

export interface OptionFault {
  /** Path of the option below the delivery options: `batch.maxEvents`. */
  readonly option: string;
  readonly what: string;
  readonly fix: string;
}

const BOOLEANS = ['durable', 'fsync', 'ordered'];
const COUNTS = ['maxEvents', 'maxBytes', 'maxDiskBytes', 'concurrency', 'timeoutMs'];
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['batch', ['maxEvents', 'maxBytes', 'maxWaitMs']],
  ['retry', ['attempts', 'maxAgeMs', 'minDelayMs', 'maxDelayMs', 'maxRetryAfterMs']],
]);
const WHEN_FULL: readonly unknown[] = ['drop-newest', 'drop-oldest'];
/** Options that may be zero. */
const FROM_ZERO: ReadonlySet<string> = new Set([
  'batch.maxWaitMs',
  'retry.minDelayMs',
  'retry.maxDelayMs',
  'retry.maxRetryAfterMs',
]);

/** @param options a value of any type: settings read from a file may be anything */
export function faultsOfDelivery(options: unknown): OptionFault[] {
  if (options === undefined) return [];
  if (!isObject(options)) return [notAnObject('delivery', options)];
  return Object.entries(options).flatMap(([option, value]): OptionFault[] => {
    if (value === undefined) return [];
    if (BOOLEANS.includes(option)) {
      return typeof value === 'boolean' ? [] : [fault(option, value, 'true or false', `${option}: true`)];
    }
    if (COUNTS.includes(option)) return faultOfNumber(option, value);
    if (option === 'directory') {
      return typeof value === 'string' && value !== ''
        ? []
        : [fault(option, value, 'the path of a folder', "directory: '/var/lib/my-app/tracking'")];
    }
    if (option === 'whenFull') {
      if (WHEN_FULL.includes(value)) return [];
      const what = `it is ${showChoice(value, WHEN_FULL)}, not "drop-newest" or "drop-oldest".`;
      return [{ option, what, fix: "whenFull: 'drop-newest'" }];
    }
    const known = PARTS.get(option);
    if (known === undefined) {
      return [unknownOption('', option, [...BOOLEANS, ...COUNTS, 'directory', 'whenFull', ...PARTS.keys()])];
    }
    return faultsOfPart(option, value, known);
  });
}

function faultsOfPart(part: string, options: unknown, known: readonly string[]): OptionFault[] {
  if (!isObject(options)) return [notAnObject(part, options)];
  return Object.entries(options).flatMap(([name, value]): OptionFault[] => {
    const option = `${part}.${name}`;
    if (value === undefined) return [];
    if (known.includes(name)) return faultOfNumber(option, value);
    return [unknownOption(`${part}.`, name, known)];
  });
}

function faultOfNumber(option: string, value: unknown): OptionFault[] {
  const least = FROM_ZERO.has(option) ? 0 : 1;
  if (typeof value === 'number' && value >= least) return [];
  return [fault(option, value, `a number from ${String(least)} up`, 'leave it out, or give a number')];
}

function unknownOption(part: string, name: string, known: readonly string[]): OptionFault {
  const what = `there is no such option; known are ${known.join(', ')}.`;
  return { option: `${part}${optionName(name, known)}`, what, fix: 'leave it out' };
}

function notAnObject(option: string, value: unknown): OptionFault {
  return fault(option, value, 'an object of options', `${option}: { ... }`);
}

function fault(option: string, value: unknown, wanted: string, fix: string): OptionFault {
  return { option, what: `it is ${showValue(value)}, not ${wanted}.`, fix };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
