import { systemError } from './fake-log';
import { add, create, held, log, progress, warnings, writer } from './chunk-writer-parts';

describe('ChunkWriter: idle', () => {
  it('opens nothing as long as there is nothing to write', () => {
    writer.proceed();
    writer.retry();
    expect(log.files).toEqual([]);
  });

  it('opens the log for the first lines, or when asked, and only once', () => {
    add('a');
    writer.proceed();
    writer.open();
    expect(log.files).toEqual(['']);
    expect(log.sink.bytes?.toString()).toBe('a\n');
  });
});

describe('ChunkWriter: open, in the background', () => {
  it('writes one chunk at a time, in order; lines grow during a write', () => {
    add('a');
    writer.proceed();
    add('b');
    writer.proceed();
    add('c');
    writer.proceed();
    log.sink.finish();
    expect(log.text).toBe('a\n');
    log.sink.finish();
    expect(log.text).toBe('a\nb\nc\n');
    expect(progress).toEqual([1, 3]);
    expect(log.sink.isUnderWay).toBe(false);
  });

  it('reuses the memory of a chunk that is written', () => {
    add('a');
    writer.proceed();
    const { buffer } = log.sink.bytes!;
    log.sink.finish();
    add('b');
    writer.proceed();
    expect(log.sink.bytes!.buffer).toBe(buffer);
  });

  it('opens a rotated log again before the next chunk, not during a write', () => {
    add('a');
    writer.proceed();
    log.isMoved = true;
    add('b');
    writer.proceed();
    expect(log.files).toHaveLength(1);
    log.sink.finish();
    log.sink.finish();
    expect(log.files).toEqual(['a\n', 'b\n']);
  });

  it('opens the log again when asked, after the write in progress', () => {
    add('a');
    writer.proceed();
    writer.reopen();
    writer.proceed();
    expect(log.files).toHaveLength(1);
    log.sink.finish();
    expect(log.files).toEqual(['a\n', '']);
    writer.proceed();
    expect(log.files).toHaveLength(2);
  });

  it('writes a short write again from the start of its half line, in this thread, on a new sink', () => {
    add('aa', 'bb');
    writer.proceed();
    log.sink.finish(4);
    expect(log.text).toBe('aa\nbb\n');
    expect(log.patienceMs).toEqual([0]);
    expect(log.sinks).toHaveLength(2);
    expect(log.sinks[0]!.isReleased).toBe(true);
    expect(held.counts()).toMatchObject({ delivered: 2, pending: 0 });
  });

  it('reports the error behind a short write, and removes the half line', () => {
    add('aa', 'bb');
    writer.proceed();
    log.writeError = systemError('ENOSPC');
    log.sink.finish(4);
    expect(log.text).toBe('aa\n');
    expect(writer.isUnwritable).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('the log cannot be written (ENOSPC)')]);
    expect(held.counts()).toMatchObject({ delivered: 1, pending: 1 });
  });

  it('is unwritable when the background or the first newline fails', () => {
    add('a');
    writer.proceed();
    log.sink.fail(systemError('EIO'));
    expect(writer.isUnwritable).toBe(true);
    create();
    writer.open();
    log.sink.writeError = systemError('EIO');
    add('a');
    writer.proceed();
    expect(writer.isUnwritable).toBe(true);
  });
});

describe('ChunkWriter: open, in this thread', () => {
  it.each([
    ['sync', true, true, 20],
    ['a pipe', false, false, 0],
  ])('writes every chunk at once, waiting for a full pipe only with sync (%s)', (_what, sync, hasBackground, ms) => {
    create({ sync }, hasBackground);
    log.maxBytesPerWrite = 3;
    add('aaaa', 'b');
    writer.proceed();
    expect(log.text).toBe('aaaa\nb\n');
    expect(log.sinks).toEqual([]);
    expect(log.patienceMs).toEqual([ms, ms, ms]);
    expect(held.count).toBe(0);
  });

  it('tries a full pipe again after a moment, without being unwritable', () => {
    create({ sync: true }, false);
    writer.open();
    log.writeError = systemError('EAGAIN');
    add('a');
    writer.proceed();
    writer.proceed();
    expect(log.patienceMs).toEqual([20, 0]); // a pipe that stays full is waited for only once
    expect(writer.isUnwritable).toBe(false);
    log.writeError = undefined;
    held.add('b');
    jest.advanceTimersByTime(5);
    expect(log.text).toBe('a\nb\n');
    add('c');
    writer.proceed();
    expect(log.patienceMs.at(-1)).toBe(20);
  });

  it.each([
    [true, 'aaa\nbbb\n'],
    [false, 'aaa\nbbb\n'],
  ])('writes no byte twice after a failure in mid-line (continues lines: %s)', (continuesLines, all) => {
    create({ continuesLines }, false);
    log.maxBytesPerWrite = 3;
    let writes = 0;
    const write = log.write.bind(log);
    log.write = (...args) => {
      if (++writes === 3) throw systemError('EIO');
      return write(...args);
    };
    add('aaa', 'bbb');
    writer.proceed();
    expect(log.text).toBe(continuesLines ? 'aaa\nbb' : 'aaa\n');
    expect(held.counts()).toMatchObject({ delivered: 1, pending: 1 });
    jest.advanceTimersByTime(1000);
    expect(log.text).toBe(all);
  });
});

describe('ChunkWriter: catchUp', () => {
  it('writes the lines behind a write whose end is seen', () => {
    add('a');
    writer.proceed();
    log.sink.isSeenToEnd = true;
    held.add('b');
    writer.catchUp();
    expect(log.text).toBe('b\n'); // the fake log has the first chunk only when its write is reported
    expect(log.sink.waitedMs).toEqual([20]);
    log.sink.finish();
    expect(held.count).toBe(0);
  });

  it('waits for a slow write only once, until something is written', () => {
    add('a');
    writer.proceed();
    held.add('b');
    writer.catchUp();
    writer.catchUp();
    expect(log.sink.waitedMs).toEqual([20]);
    expect(log.text).toBe('');
    log.sink.finish();
    add('c');
    writer.proceed();
    writer.catchUp();
    expect(log.sink.waitedMs).toEqual([20, 20]);
  });

  it('leaves the state to the write in progress when this thread fails', () => {
    add('a');
    writer.proceed();
    log.sink.isSeenToEnd = true;
    log.writeError = systemError('ENOSPC');
    held.add('b');
    writer.catchUp();
    expect(writer.isUnwritable).toBe(false);
    expect(held.count).toBe(2);
  });
});
