import {
  classNameOf,
  isAsyncFunction,
  isClass,
  isDestinationClass,
  isQueuedClass,
  isRoutingClass,
} from '../../src/routing/class-kind';
import { QueuedBackend } from '../../src/routing/queued-backend';
import { RoutingBackend } from '../../src/routing/routing.backend';

class Log {
  send(): void {}
}

class Http {
  async sendBatch(): Promise<void> {}
}

class Branch extends RoutingBackend {}

abstract class Queued extends QueuedBackend {}

const CLASSES = { Log, Http, RoutingBackend, Branch, Queued };

const namesOf = (is: (type: unknown) => boolean): string[] =>
  Object.entries(CLASSES).flatMap(([name, type]) => (is(type) ? [name] : []));

describe('class-kind', () => {
  it('knows the classes whose events are delivered in batches: destinations and queued nodes', () => {
    expect(namesOf(isDestinationClass)).toEqual(['Http', 'Queued']);
  });

  it('knows the classes with a queue before their children', () => {
    expect(namesOf(isQueuedClass)).toEqual(['Queued']);
  });

  it('knows the classes that pass events to children', () => {
    expect(namesOf(isRoutingClass)).toEqual(['RoutingBackend', 'Branch', 'Queued']);
  });

  it('finds no kind in a value that is not a class', () => {
    for (const value of [undefined, null, 7, 'Log', {}, () => undefined])
      for (const is of [isDestinationClass, isQueuedClass, isRoutingClass]) expect(is(value ?? {})).toBe(false);
  });

  it('tells a class from a function', () => {
    expect([Log, class {}, () => undefined, function Named() {}, {}].map(isClass)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('tells an async function from one that is not', () => {
    expect([async () => Promise.resolve(), () => Promise.resolve(), null].map(isAsyncFunction)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('names a class in messages, and shows no name that could be any string', () => {
    const keyed = { 'user@example.com': () => undefined };
    expect(classNameOf(Log)).toBe('Log');
    expect(classNameOf(keyed['user@example.com'])).toBe('a function');
    expect(classNameOf({})).toBe('no class');
  });
});
