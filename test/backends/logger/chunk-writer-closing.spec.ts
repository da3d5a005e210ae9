import { systemError } from './fake-log';
import { add, create, held, log, writer } from './chunk-writer-parts';

describe('ChunkWriter: writeAtExit', () => {
  it('writes what is behind the chunk in progress, which counts as written', () => {
    add('a');
    writer.proceed();
    held.add('b');
    expect(writer.writeAtExit()).toBe(0);
    expect(log.text).toBe('b\n');
    expect(log.sink.waitedMs).toEqual([1000]);
    expect(log.patienceMs).toEqual([10_000]);
  });

  it('opens a log that is not open, without a background', () => {
    held.add('a');
    expect(writer.writeAtExit()).toBe(0);
    expect(log.text).toBe('a\n');
    expect(log.sinks).toEqual([]);
  });

  it('returns the number of lines that the log did not take', () => {
    log.openError = systemError('EACCES');
    held.add('a');
    held.add('b');
    expect(writer.writeAtExit()).toBe(2);
  });
});

describe('ChunkWriter: closed', () => {
  it('counts the whole lines of a chunk that is half written, and closes the log', () => {
    create({}, false);
    writer.open();
    log.maxBytesPerWrite = 4;
    const write = log.write.bind(log);
    log.write = (...args) => {
      log.write = () => {
        throw systemError('EAGAIN');
      };
      return write(...args);
    };
    add('aa', 'bb');
    writer.proceed();
    writer.close();
    expect(log.text).toBe('aa\n');
    expect(log.isOpen).toBe(false);
    expect(held.counts()).toMatchObject({ delivered: 1, pending: 1 });
  });

  it('abandons the write in progress, whose memory is not reused', () => {
    add('a');
    writer.proceed();
    const chunk = held.chunkAt(0)!;
    writer.close();
    expect(chunk.isLeftBehind).toBe(true);
    expect(log.sink.isReleased).toBe(true);
  });

  it('opens and writes nothing any more, and leaves no timer', () => {
    log.openError = systemError('EACCES');
    writer.open();
    writer.close();
    log.openError = undefined;
    add('a');
    writer.proceed();
    writer.open();
    writer.retry();
    expect(jest.getTimerCount()).toBe(0);
    expect(log.files).toEqual([]);
  });
});
