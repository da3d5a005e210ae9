import type { NodeCounts, TrackerCounts } from '../../src/ledger/counts';
import { TrackingLedger } from '../../src/ledger/tracking-ledger';
import { reportLosses, reportLostLetters } from '../../src/tracker/closing-report';
import { LogLines } from './bare-runtime';

type Dropped = Readonly<Record<string, number>>;

function lossLines(nodes: Readonly<Record<string, Dropped>>, dropped: Dropped = {}, relayed = 0): string[] {
  const log = new LogLines();
  const off = (): (() => void) => () => undefined;
  const ledger = new TrackingLedger({
    ...{ consumers: () => [], watch: off, measure: off },
    counts: () => ({ emitted: 9, relayed, dropped, forgottenDeadLetters: {} }) as unknown as TrackerCounts,
    nodes: () => Object.entries(nodes).map(([path, counts]) => ({ path, dropped: counts }) as unknown as NodeCounts),
  });
  reportLosses('audit', ledger, log.notices);
  return log.lines;
}

function letterLines(lost: Dropped): string[] {
  const log = new LogLines();
  reportLostLetters('audit', { lettersLostAtClose: () => new Map(Object.entries(lost)) }, log.notices);
  return log.lines;
}

describe('reportLosses', () => {
  it('logs nothing if no event is lost', () => {
    expect(lossLines({ '': {}, lrs: { filtered: 3 } })).toEqual([]);
  });

  it('logs the losses of each place in one line', () => {
    expect(lossLines({ '': { 'no-backend': 1 }, lrs: { 'too-large': 2, 'backend-failed': 3 } }, { loop: 4 })).toEqual([
      'tracker "audit" closed; of 9 events emitted, dropped at before the tree: 4 loop; the root: 1 no-backend; ' +
        'lrs: 2 too-large, 3 backend-failed.',
    ]);
  });

  it('names the events that came from an outbox, if there are any', () => {
    expect(lossLines({ lrs: { 'too-large': 2 } }, {}, 5)).toEqual([
      'tracker "audit" closed; of 9 events emitted and 5 relayed, dropped at lrs: 2 too-large.',
    ]);
  });
});

describe('reportLostLetters', () => {
  it('logs nothing if no dead letter is lost', () => {
    expect(letterLines({})).toEqual([]);
  });

  it('logs how many dead letters of each path are gone, and how to keep them', () => {
    expect(letterLines({ lrs: 2, 'caliper/mongo': 1 })).toEqual([
      expect.stringMatching(/^tracker "audit" closed with dead letters .*\(lrs: 2, caliper\/mongo: 1\)\. Fix: /),
    ]);
  });
});
