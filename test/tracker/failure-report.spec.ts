import { TrackerLedger } from '../../src/ledger/tracker-ledger';
import { FailureReport } from '../../src/tracker/failure-report';
import { LogLines } from './bare-runtime';

function failures() {
  const [log, counters] = [new LogLines(), new TrackerLedger('default')];
  return { report: new FailureReport(counters, log.notices), log, counts: () => counters.counts(0, {}).failures };
}

describe('FailureReport', () => {
  it('counts each failure of a place, and logs the place once', () => {
    const { report, log, counts } = failures();
    report.report('@TrackEvent("a")', new TypeError('no mode'), 'The event is lost.');
    report.report('@TrackEvent("a")', new TypeError('no mode'), 'The event is lost.');
    expect(counts()).toEqual({ '@TrackEvent("a")': 2 });
    expect(log.lines).toEqual([
      expect.stringMatching(/^@TrackEvent\("a"\) failed: .*no mode.*\. The event is lost\. /),
    ]);
  });

  it('keeps the places apart', () => {
    const { report, log, counts } = failures();
    report.report('a', new Error('x'), '');
    report.report('b', new Error('x'), '');
    expect(counts()).toEqual({ a: 1, b: 1 });
    expect(log.lines).toHaveLength(2);
  });
});
