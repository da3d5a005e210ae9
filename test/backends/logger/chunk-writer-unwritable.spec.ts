import { systemError } from './fake-log';
import { add, held, log, progress, warnings, writer } from './chunk-writer-parts';

describe('ChunkWriter: unwritable', () => {
  beforeEach(() => {
    log.openError = systemError('EACCES');
    add('a');
    writer.proceed();
  });

  it('reports it once, and lets callers stop waiting', () => {
    expect(writer.isUnwritable).toBe(true);
    expect(progress).toEqual([0]);
    jest.advanceTimersByTime(3000);
    expect(progress).toHaveLength(4);
    expect(warnings).toHaveLength(1);
  });

  it('opens the log again every second, and reports the first complete chunk', () => {
    log.openError = undefined;
    jest.advanceTimersByTime(999);
    expect(log.files).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(warnings).toHaveLength(1);
    add('b');
    log.sink.finish();
    expect(warnings[1]).toBe('the log can be written again. Held lines that follow: 1.');
    log.sink.finish();
    expect(log.text).toBe('a\nb\n');
    expect(warnings).toHaveLength(2);
  });

  it('does not report a log that takes only a part of a chunk as writable', () => {
    log.openError = undefined;
    writer.retry();
    held.add('b');
    log.writeError = systemError('ENOSPC');
    log.sink.finish(1);
    expect(warnings).toHaveLength(1);
  });

  it.each(['retry', 'reopen'] as const)('opens the log at once on %s', (method) => {
    log.openError = undefined;
    writer[method]();
    expect(log.sink.bytes?.toString()).toBe('a\n');
  });

  it('writes nothing on proceed and on catchUp', () => {
    log.openError = undefined;
    writer.proceed();
    writer.catchUp();
    expect(log.files).toEqual([]);
  });
});
