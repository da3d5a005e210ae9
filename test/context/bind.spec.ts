import { EventEmitter } from 'node:events';
import { defer, lastValueFrom, of, Subject } from 'rxjs';
import { bindListeners, bindToFlow } from '../../src/context/bind';
import { TrackerScopes } from '../../src/context/tracker-scopes';

const scopes = new TrackerScopes({}, () => undefined);
const values = (): unknown => scopes.view().values;
const inUser = <Result>(body: () => Result): Result => scopes.run('user', { user_id: 7 }, body);

describe('bindToFlow', () => {
  it('binds a function to the scope of the caller', () => {
    const bound = inUser(() => bindToFlow((more: number) => [values(), more]));
    expect(bound(1)).toEqual([{ user_id: 7 }, 1]);
    expect(scopes.run('other', { user_id: 8 }, () => bound(2))).toEqual([{ user_id: 7 }, 2]);
  });

  it('binds a stream', async () => {
    // A scope hands its own result through, so the stream leaves it in another way.
    let bound = of<unknown>(undefined);
    inUser(() => {
      bound = bindToFlow(defer(() => of(values())));
    });
    expect(await scopes.run('other', { user_id: 8 }, () => lastValueFrom(bound))).toEqual({ user_id: 7 });
  });

  it.each([
    ['undefined', () => undefined],
    ['an object', () => ({})],
    ['a client with its own subscribe', () => ({ subscribe: () => undefined })],
    ['an object that cannot be read', () => new Proxy({}, { get: () => JSON.parse('?') as unknown })],
  ])('refuses %s', (_, target) => {
    expect(() => bindToFlow(target() as never)).toThrow(TypeError);
    expect(() => bindToFlow(target() as never)).toThrow(/neither a function nor an Observable\. Fix: /);
  });

  it('accepts a Subject', () => {
    expect(() => bindToFlow(new Subject())).not.toThrow();
  });
});

describe('bindListeners', () => {
  it('runs each listener in the scope in which it was added', () => {
    const emitter = new EventEmitter();
    bindListeners(emitter);
    const seen: unknown[] = [];
    inUser(() => emitter.on('data', () => seen.push(values())));
    scopes.run('other', { user_id: 8 }, () => emitter.emit('data'));
    expect(seen).toEqual([{ user_id: 7 }]);
  });

  it('refuses an object that is no emitter', () => {
    expect(() => bindListeners({})).toThrow(/neither an EventEmitter nor an EventTarget.*Fix: /);
  });
});
