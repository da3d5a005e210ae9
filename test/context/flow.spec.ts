import { AsyncLocalStorage } from 'node:async_hooks';
import { bindFlow, currentFlow, currentFrame, frames } from '../../src/context/flow';
import { RequestStore } from '../../src/context/request-store';
import { TrackerScopes } from '../../src/context/tracker-scopes';

const scopes = () => new TrackerScopes({}, () => undefined);

describe('Flow', () => {
  it('enters the scope in which it was created', () => {
    const own = scopes();
    const flow = own.run('a', { a: 1 }, currentFlow);
    expect(own.view().values).toEqual({});
    expect(flow.enter(() => own.view().values)).toEqual({ a: 1 });
    expect(own.run('b', { b: 1 }, () => flow.enter(() => own.view().values))).toEqual({ a: 1 });
  });

  it('enters the data of other libraries too', () => {
    const other = new AsyncLocalStorage<string>();
    const flow = other.run('own', currentFlow);
    expect(other.run('another', () => flow.enter(() => other.getStore()))).toBe('own');
  });

  it('returns the result of the code, and passes on its errors', () => {
    expect(currentFlow().enter(() => 7)).toBe(7);
    expect(() => currentFlow().enter(() => JSON.parse('?') as unknown)).toThrow(SyntaxError);
  });

  it('knows whether it is the current one', () => {
    const own = scopes();
    const outside = currentFlow();
    expect(outside.isCurrent()).toBe(true);
    own.run('a', {}, () => {
      const inside = currentFlow();
      expect([inside.isCurrent(), outside.isCurrent()]).toEqual([true, false]);
      own.run('b', {}, () => expect(inside.isCurrent()).toBe(false));
    });
    expect.assertions(3);
  });
});

describe('bindFlow', () => {
  it('marks the flow as the right one, and keeps its scope', () => {
    const own = scopes();
    const flow = own.run('a', { a: 1 }, bindFlow);
    flow.enter(() => {
      expect(currentFrame(undefined)?.isBound).toBe(true);
      expect(own.view().values).toEqual({ a: 1 });
    });
    expect.assertions(2);
  });

  it('marks a flow without scopes', () => {
    bindFlow().enter(() => expect(currentFrame(undefined)).toMatchObject({ isBound: true, owner: undefined }));
    expect(currentFrame(undefined)).toBeUndefined();
    expect.assertions(2);
  });

  it('does not mark the flow of the caller', () => {
    scopes().run('a', {}, () => {
      bindFlow();
      expect(currentFrame(undefined)?.isBound).toBe(false);
    });
    expect.assertions(1);
  });
});

describe('currentFrame', () => {
  it('is undefined if the frame belongs to another request', () => {
    const request = new RequestStore();
    const frame = { owner: {}, scope: undefined, outer: undefined, request, isBound: false, isApart: false };
    frames.run(frame, () => {
      expect(currentFrame(request)).toBe(frame);
      expect(currentFrame(new RequestStore())).toBeUndefined();
      expect(currentFrame(undefined)).toBeUndefined();
    });
    expect.assertions(3);
  });
});
