import { types } from 'node:util';
import fc from 'fast-check';
import { backend, LoggerBackend } from '../../src/entries';
import { copyNormalForm, DEFAULT_LIMITS, toNormalForm } from '../../src/event/normal-form';
import { LogFolder } from '../support/log-folder';
import { anyValue, make } from '../support/nasty-values';
import { startWithLogAndMemory } from '../support/seen-by-all';
import { startTracking } from '../support/start-tracking';

/**
 * An object may lead to half the process: what can be reached in so many steps is enough to find
 * what is shared.
 */
const MAX_OBJECTS = 30_000;

/** Every object that can be reached from a value without running its code. */
function objectsOf(value: unknown): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  const open = [value];
  while (open.length > 0 && found.size < MAX_OBJECTS) {
    const object = open.pop();
    if ((typeof object !== 'object' || object === null) && typeof object !== 'function') continue;
    if (found.has(object)) continue;
    found.add(object);
    try {
      // By the built-in iterators: those of a subclass may have no end.
      if (types.isMap(object)) for (const entry of Map.prototype.entries.call(object)) open.push(...entry);
      if (types.isSet(object)) open.push(...Set.prototype.values.call(object));
      if (ArrayBuffer.isView(object)) continue;
      for (const key of Reflect.ownKeys(object)) open.push(Reflect.getOwnPropertyDescriptor(object, key)?.value);
    } catch {
      // A revoked proxy, or one that throws: nothing of it can be shared.
    }
  }
  return found;
}

/** What is neither plain JSON nor a Date in a value, by place; empty if all is. */
function oddities(value: unknown, place = 'value'): string[] {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return [];
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? [] : [`${place} is ${String(value)}`];
    case 'object':
      return value === null ? [] : odditiesOfObject(value, place);
    default:
      return [`${place} is a ${typeof value}`];
  }
}

function odditiesOfObject(value: object, place: string): string[] {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return Number.isNaN((value as Date).getTime()) ? [`${place} is no date`] : [];
  if (prototype !== (Array.isArray(value) ? Array.prototype : Object.prototype)) return [`${place} is of a class`];
  const keys = Reflect.ownKeys(value).filter((key) => !(Array.isArray(value) && key === 'length'));
  const holes = Array.isArray(value) && keys.length !== value.length ? [`${place} has holes`] : [];
  return [...holes, ...keys.flatMap((key) => odditiesOfField(value, key, `${place}.${String(key)}`))];
}

function odditiesOfField(value: object, key: string | symbol, place: string): string[] {
  const { value: field, enumerable, writable, configurable } = Reflect.getOwnPropertyDescriptor(value, key) ?? {};
  if (typeof key === 'symbol' || !enumerable || !writable || !configurable) return [`${place} is no ordinary field`];
  return oddities(field, place);
}

/** Two errors are never made in the same place. */
function withoutStacks(text: string): string {
  return text.replaceAll(/"stack":"(?:[^"\\]|\\.)*"/g, '"stack":""');
}

describe('Whatever value goes in, its normal form', () => {
  it('is plain JSON and Date, and shares nothing with the value', () => {
    fc.assert(
      fc.property(anyValue, (plan) => {
        const value = make(plan);
        const form = toNormalForm(value, DEFAULT_LIMITS, () => undefined);
        expect(form === undefined ? [] : oddities(form)).toEqual([]);
        const theirs = objectsOf(value);
        expect([...objectsOf(form)].filter((object) => theirs.has(object))).toEqual([]);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('is its own normal form, and that of its copy, of which no part is the same', () => {
    fc.assert(
      fc.property(anyValue, (plan) => {
        const form = toNormalForm(make(plan), DEFAULT_LIMITS, () => undefined) ?? {};
        const copy = copyNormalForm(form);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(form));
        expect(oddities(copy)).toEqual([]);
        const ours = objectsOf(form);
        expect([...objectsOf(copy)].filter((object) => ours.has(object))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('is the same for a log alone, for a log beside others, and for memory', async () => {
    const both = await startWithLogAndMemory();
    const folder = new LogFolder();
    const alone = await startTracking({
      logger: both.logger,
      backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }) },
    });
    fc.assert(
      fc.property(anyValue, (plan) => {
        fc.pre(!fc.stringify(plan).includes('globalObject')); // its clocks go on between two readings
        const { data } = both.emit(make(plan));
        alone.tracker.emit('e', make(plan) as object);
        const [line = ''] = folder.lines().slice(-1);
        const text = line.slice(line.indexOf('"data":'));
        expect(withoutStacks(text)).toBe(withoutStacks(`"data":${JSON.stringify(data)}}`));
      }),
      { numRuns: 60 }, // the whole log is read again each time
    );
  }, 60_000);
});
