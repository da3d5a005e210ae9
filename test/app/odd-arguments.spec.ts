import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import {
  InvalidContextException,
  type MemoryBackend,
  NotConfirmedException,
  TrackingConfigException,
  UnknownBackendException,
  UnknownContextException,
} from 'nestjs-event-tracking';
import { anyValue, make } from '../support/nasty-values';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

/**
 * Any value, as often as not one that has no string form; as a function, so that each use has its
 * own.
 */
const odd = fc.oneof(
  anyValue.map((plan) => () => make(plan)),
  fc.constantFrom<() => unknown>(
    ...[() => Symbol('s'), () => Symbol(), () => null, () => undefined, () => Number.NaN, () => 10n, () => ''],
    ...[() => Object.create(null) as unknown, () => revoked(), () => [Symbol('in')], () => () => undefined, () => true],
    () => ({ toString: 5, valueOf: 5, toJSON: () => Symbol('json') }),
    () => ({ toString: fail, [Symbol.toPrimitive]: fail, toJSON: fail }),
  ),
);
const untyped = (value: unknown): never => value as never;

function fail(): never {
  throw new Error('a value that refuses');
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What a call throws, or undefined; `instanceof` is left to the caller. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

const RUNS = { numRuns: 150 };
let run: BuiltTracking;

beforeEach(async () => {
  run = await startTracking({ logger: new RecordingLogger() });
});
afterEach(() => {
  expectBalance(run.ledger);
});

const check = (property: (one: unknown, other: unknown) => void): void => {
  fc.assert(
    fc.property(odd, odd, (one, other) => {
      property(one(), other());
      run.tracker.backend<MemoryBackend>('sink').clear();
    }),
    RUNS,
  );
};

describe('Given any values, the tracker', () => {
  it('runs the body of context() once and returns what it returns, whatever the name and the values are', () => {
    check((name, values) => {
      const { tracker } = run;
      let runs = 0;
      const body = (): string => {
        tracker.emit('inside');
        return `run ${String(++runs)}`;
      };
      expect(tracker.context(untyped(name), untyped(values), body)).toBe('run 1');
      expect(tracker.context(untyped(values), body)).toBe('run 2');
      expect(run.names()).toEqual(['inside', 'inside']);
    });
  });

  it('enters a context of any name, and leaves it by the same name if that is a primitive; it refuses values without keys', () => {
    check((given, values) => {
      const { tracker } = run;
      // An object may have another JSON each time.
      const name = typeof given === 'object' || typeof given === 'function' ? Symbol('o') : given;
      expect(thrownBy(() => { tracker.context({}, () => { tracker.enterContext(untyped(given), { here: 1 }); }); })).toBeUndefined(); // prettier-ignore
      tracker.context({}, () => {
        tracker.enterContext(untyped(name), { here: 1 });
        expect(tracker.currentContext()).toEqual({ here: 1 });
        tracker.exitContext(untyped(name));
        expect(tracker.currentContext()).toEqual({});
        expect(thrownBy(() => { tracker.exitContext(untyped(name)); })).toBeInstanceOf(UnknownContextException); // prettier-ignore
        const refused = thrownBy(() => { tracker.enterContext(untyped(name), untyped(values)); }); // prettier-ignore
        if (refused === undefined) tracker.exitContext(untyped(name));
        else expect(refused).toBeInstanceOf(InvalidContextException);
        expect(tracker.currentContext()).toEqual({});
      });
    });
  });

  it('says that there is no backend, and takes neither a backend nor a processor that is none', () => {
    check((name, instance) => {
      const { tracker } = run;
      expect(thrownBy(() => tracker.backend(untyped(name)))).toBeInstanceOf(UnknownBackendException);
      if (typeof instance !== 'function')
        expect(thrownBy(() => { tracker.registerProcessor(untyped(instance)); })).toBeInstanceOf(TrackingConfigException); // prettier-ignore
      expect(thrownBy(() => { tracker.registerBackend(untyped(name), untyped(instance)); })).toBeInstanceOf(TrackingConfigException); // prettier-ignore
      expect([...run.ledger.nodes()].map(({ path }) => path)).toEqual(['', 'sink']);
    });
  });

  it('binds what can be bound, and throws a TypeError for everything else', () => {
    check((value) => {
      const { tracker } = run;
      const refusal = thrownBy(() => tracker.bind(untyped(value)));
      if (typeof value === 'function') expect(refusal).toBeUndefined();
      // One of the values is an Observable.
      else if (refusal === undefined) expect(value).toHaveProperty('subscribe', expect.any(Function));
      else expect(refusal).toBeInstanceOf(TypeError);
      const emitterRefusal = thrownBy(() => tracker.bindEmitter(untyped(value)));
      if (emitterRefusal === undefined) return; // one of the values is an emitter
      expect(emitterRefusal).toBeInstanceOf(TypeError);
      expect((emitterRefusal as Error).message).toContain('neither an EventEmitter nor an EventTarget');
    });
    const emitter = new EventEmitter();
    expect(run.tracker.bindEmitter(emitter)).toBe(emitter);
  });

  it('does not take a client with a subscribe of its own for a stream', () => {
    class Client {
      subscribe(channel: string): string {
        return channel;
      }
    }
    const { subscribe } = Client.prototype;
    expect(thrownBy(() => run.tracker.bind(untyped(new Client())))).toBeInstanceOf(TypeError);
    expect(Client.prototype.subscribe).toBe(subscribe);
  });

  it('confirms the event or says why not, whatever the options are', async () => {
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, fc.boolean(), async (name, data, option, isWhole) => {
        const options = isWhole ? option() : { signal: option(), timeoutMs: option() };
        const emitted = run.ledger.tracker().emitted;
        const outcome: unknown = await run.tracker
          .emitConfirmed(untyped(name()), untyped(data()), untyped(options))
          .catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(NotConfirmedException);
        else expect(outcome).toMatchObject({ destinations: { sink: 'delivered' } });
        expect(run.ledger.tracker().emitted).toBe(emitted + 1);
        run.tracker.backend<MemoryBackend>('sink').clear();
      }),
      RUNS,
    );
  });

  it('confirms an event at once, however odd the options are', async () => {
    for (const options of [
      null,
      5,
      Symbol('s'),
      { timeoutMs: Number.NaN },
      { timeoutMs: -1 },
      { timeoutMs: '5' },
      { signal: 5 },
    ]) {
      const { destinations } = await run.tracker.emitConfirmed('e', {}, untyped(options));
      expect(destinations).toEqual({ sink: 'delivered' });
    }
  });
});
