import { OwnContext, type ContextView } from '../../src/event/envelope';
import { ContextMemo } from '../../src/processors/context-memo';

const aContext = (): ContextView => new OwnContext({ a: 1 });

describe('ContextMemo', () => {
  it('makes the context once for events of one scope that come one after another', () => {
    const make = jest.fn(() => aContext());
    const memo = new ContextMemo(make);
    const [one, other] = [aContext(), aContext()];
    const first = memo.of(one);
    expect(memo.of(one)).toBe(first);
    expect(make).toHaveBeenCalledTimes(1);
    expect(memo.of(other)).not.toBe(first);
    expect(make).toHaveBeenCalledTimes(2);
    expect(make).toHaveBeenLastCalledWith(other);
    memo.of(one);
    expect(make).toHaveBeenCalledTimes(3);
  });

  it('makes the context again if the last one is not reusable', () => {
    let isReusable = false;
    const make = jest.fn((context: ContextView) => context);
    const memo = new ContextMemo(make, () => isReusable);
    const context = aContext();
    memo.of(context);
    memo.of(context);
    expect(make).toHaveBeenCalledTimes(2);
    isReusable = true;
    memo.of(context);
    memo.of(context);
    expect(make).toHaveBeenCalledTimes(3);
  });
});
