import { LateLines } from '../../../src/backends/logger/late-lines';
import { FakeLog, systemError } from './fake-log';

describe('LateLines', () => {
  let log: FakeLog;
  let lines: LateLines;
  beforeEach(() => {
    log = new FakeLog(false);
    lines = new LateLines(log);
  });

  it('opens and closes the log for each line', () => {
    expect([lines.write('a'), lines.write('b')]).toEqual([true, true]);
    expect(log.files).toEqual(['a\n', 'b\n']);
    expect(log.isOpen).toBe(false);
  });

  it('writes a line in as many parts as the log takes', () => {
    log.maxBytesPerWrite = 2;
    expect(lines.write('abcde')).toBe(true);
    expect(log.text).toBe('abcde\n');
    expect(log.patienceMs).toEqual([1000, 1000, 1000]);
  });

  it('begins on a line of its own after a fragment', () => {
    lines.write('a');
    expect(log.isEndUnknown).toBe(false);
    lines.write('b', true);
    expect(log.isEndUnknown).toBe(true);
  });

  it('returns false for a log that cannot be opened', () => {
    log.openError = systemError('EACCES');
    expect(lines.write('a')).toBe(false);
  });

  it('removes what it wrote of a line that the log did not take', () => {
    log.maxBytesPerWrite = 2;
    const write = log.write.bind(log);
    let writes = 0;
    log.write = (...args) => {
      if (++writes === 2) throw systemError('ENOSPC');
      return write(...args);
    };
    expect(lines.write('abc')).toBe(false);
    expect(log.text).toBe('');
    expect(log.isOpen).toBe(false);
  });

  it('waits for a full pipe only once, until it takes a line again', () => {
    log.writeError = systemError('EAGAIN');
    expect([lines.write('a'), lines.write('b')]).toEqual([false, false]);
    log.writeError = undefined;
    lines.write('c');
    lines.write('d');
    expect(log.patienceMs).toEqual([1000, 0, 0, 1000]);
  });

  it('waits again after an error of another kind', () => {
    log.writeError = systemError('EAGAIN');
    lines.write('a');
    log.writeError = systemError('EIO');
    lines.write('b');
    lines.write('c');
    expect(log.patienceMs).toEqual([1000, 0, 1000]);
  });
});
