import { createReadStream } from 'node:fs';
import { finished, PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { StreamableFile } from '@nestjs/common';
import { failed, failure, left, read, success, tracked } from './lazy-result-parts';

describe('@TrackEvent on a readable stream', () => {
  it('ends when it has been read, without starting it', async () => {
    const stream = Readable.from(['a', 'b']);
    const run = await tracked(() => stream);
    const given = run.call();
    expect(given).toBe(stream);
    await turn();
    expect(stream.readableFlowing).toBe(null);
    expect(run.seen).toEqual([]);
    expect(await read(given)).toEqual(['a', 'b']);
    expect(run.seen).toEqual(success(stream, 1));
  });

  it.each<[string, (stream: Readable) => unknown]>([
    ['resumed', (stream) => stream.resume()],
    ['piped', (stream) => stream.pipe(new PassThrough()).resume()],
    ['read by a listener', (stream) => stream.on('data', () => {})],
  ])('ends when it is %s', async (_how, start) => {
    const run = await tracked(async () => Promise.resolve(Readable.from(['a'])));
    const stream = await run.call();
    start(stream);
    await new Promise((resolve) => finished(stream, resolve));
    expect(run.seen).toEqual(success(stream, 1));
  });

  it('fails with its error, which its reader still has to handle', async () => {
    const run = await tracked(() => new Readable({ read() {} }));
    const stream = run.call();
    const heard: unknown[] = [];
    stream.on('error', (error) => heard.push(error));
    stream.destroy(failure);
    await new Promise((resolve) => stream.once('close', resolve));
    expect(heard).toEqual([failure]);
    expect(run.seen).toEqual(failed(stream, 0));
    const unheard = run.call();
    expect(unheard.listenerCount('error')).toBe(0);
    expect(() => unheard.emit('error', failure)).toThrow('no');
  });

  it('is cancelled when it is closed before its end', async () => {
    const run = await tracked(() => Readable.from(['a', 'b', 'c']));
    const stream = run.call();
    expect(await read(stream, 1)).toEqual(['a']);
    await new Promise((resolve) => finished(stream, resolve));
    expect(run.seen).toEqual(left(stream, 0));
  });

  it('ends at once if it had already ended', async () => {
    const over = Readable.from(['a']).resume();
    await new Promise((resolve) => over.once('close', resolve));
    const run = await tracked(() => over);
    run.call();
    expect(run.seen).toEqual(success(over, 1));
    const closed = new Readable({ read() {} }).destroy();
    const leaving = await tracked(() => closed);
    leaving.call();
    expect(leaving.seen).toEqual(left(closed, 0));
  });

  it('ends for a StreamableFile when that has been sent', async () => {
    const run = await tracked(() => new StreamableFile(createReadStream(__filename)));
    const file = run.call();
    expect(run.seen).toEqual([]);
    expect(String(await read(file.getStream()))).toContain('as a file of Nest');
    expect(run.seen).toEqual(success(file, 1));
    const bytes = await tracked(() => new StreamableFile(Buffer.from('content')));
    const given = bytes.call();
    await read(given.getStream());
    expect(bytes.seen).toEqual(success(given, 1));
  });
});
