import { BullNodes } from '../../../src/transports/bull/bull-nodes';
import { nodeOf } from './fake-queue';

describe('BullNodes', () => {
  const [first, second, other] = [nodeOf('a').node, nodeOf('b').node, nodeOf('a', 'other').node];
  const nodes = new BullNodes();
  for (const node of [first, second, other]) nodes.add(node);

  it('finds a node by its tracker and its path', () => {
    expect([nodes.find('default', 'b'), nodes.find('other', 'a'), nodes.find('other', 'b')]).toEqual([
      second,
      other,
      undefined,
    ]);
  });

  it('names every node with its tracker', () => {
    expect(nodes.list()).toBe('"a" of tracker "default", "b" of tracker "default", "a" of tracker "other"');
  });

  it('keeps the jobs of a tracker with one of its nodes, and those of others with the first node', () => {
    expect([nodes.keeperFor('other'), nodes.keeperFor('unknown'), new BullNodes().keeperFor('default')]).toEqual([
      other,
      first,
      undefined,
    ]);
  });
});
