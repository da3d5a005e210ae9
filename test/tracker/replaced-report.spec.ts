import { TrackerLedger } from '../../src/ledger/tracker-ledger';
import { ReplacedReport } from '../../src/tracker/replaced-report';
import { LogLines } from './bare-runtime';

function report() {
  const [log, counters] = [new LogLines(), new TrackerLedger('default')];
  return { report: new ReplacedReport(counters, log.notices), log, counts: () => counters.counts(0, {}).replaced };
}

describe('ReplacedReport', () => {
  it('counts each replaced value by its kind', () => {
    const { report: own, counts } = report();
    own.count('symbol');
    own.count('symbol');
    own.count('circular');
    expect(counts()).toEqual({ symbol: 2, circular: 1 });
  });

  it('logs each kind once per event and path', () => {
    const { report: own, log } = report();
    expect(own.report('a', 'symbol', () => 'data.x')).toBe(true);
    expect(own.report('a', 'symbol', () => 'data.x')).toBe(false);
    expect(own.report('b', 'symbol', () => 'data.x')).toBe(true);
    expect(own.report('a', 'circular', () => 'data.x')).toBe(true);
    expect(own.report('a', 'symbol', () => 'data.y')).toBe(true);
    expect(log.lines).toHaveLength(4);
    expect(log.lines[0]).toMatch(/^a value of "a" at data\.x .*\(symbol\)/);
  });
});
