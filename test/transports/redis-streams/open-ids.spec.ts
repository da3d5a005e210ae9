import { OpenIds } from '../../../src/transports/redis-streams/open-ids';

describe('OpenIds', () => {
  it('holds each id of a stream once', () => {
    const open = new OpenIds();
    expect([open.add('a', '1'), open.add('a', '1'), open.add('b', '1'), open.add('a', '2')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect([open.size, open.of('a'), open.of('b'), open.of('c')]).toEqual([3, ['1', '2'], ['1'], []]);
    expect([open.has('a', '2'), open.has('b', '2'), open.has('c', '1')]).toEqual([true, false, false]);
  });

  it('counts down only for ids that it holds', () => {
    const open = new OpenIds();
    open.add('a', '1');
    for (const key of ['a', 'a', 'b']) open.delete(key, '1');
    expect([open.size, open.has('a', '1'), open.add('a', '1')]).toEqual([0, false, true]);
  });
});
