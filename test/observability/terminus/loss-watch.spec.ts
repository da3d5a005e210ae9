import type { NodeCounts, TrackerCounts } from '../../../src/ledger/counts';
import { LossWatch } from '../../../src/observability/terminus/loss-watch';

function watch(dropped: Record<string, number> = {}) {
  const counts = {
    tracker: () => ({ dropped: {}, forgottenDeadLetters: {} }) as unknown as TrackerCounts,
    nodes: () => [{ path: 'lrs', dropped }] as unknown as NodeCounts[],
  };
  return { watch: new LossWatch(counts), dropped };
}

describe('LossWatch', () => {
  it('finds no losses from before its creation', () => {
    expect(watch({ 'too-large': 2 }).watch.recentLosses(100, 0)).toEqual({});
  });

  it('finds new losses by place and reason, for every caller within the window', () => {
    const { watch: own, dropped } = watch();
    dropped['too-large'] = 2;
    const found = { 'lrs: too-large': 2 };
    expect([own.recentLosses(100, 0), own.recentLosses(100, 99)]).toEqual([found, found]);
    expect(own.recentLosses(100, 100)).toEqual({});
  });

  it('adds up losses within the window, which begins again with each', () => {
    const { watch: own, dropped } = watch({ 'too-large': 1 });
    dropped['too-large'] = 2;
    own.recentLosses(100, 0);
    dropped['too-large'] = 5;
    expect(own.recentLosses(100, 50)).toEqual({ 'lrs: too-large': 4 });
    expect(own.recentLosses(100, 149)).toEqual({ 'lrs: too-large': 4 });
    expect(own.recentLosses(100, 150)).toEqual({});
  });

  it('forgets old losses before it adds new ones', () => {
    const { watch: own, dropped } = watch();
    dropped['too-large'] = 1;
    own.recentLosses(100, 0);
    dropped['too-large'] = 2;
    expect(own.recentLosses(100, 100)).toEqual({ 'lrs: too-large': 1 });
  });

  it('ignores drops that are not losses', () => {
    const { watch: own, dropped } = watch();
    dropped['filtered'] = 1;
    expect(own.recentLosses(100, 0)).toEqual({});
  });
});
