import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Queue } from 'bull';
import { sendTogether } from '../../../src/transports/bull/bull-internals';

/** A queue on a socket that records how many commands each write has. */
function queueOn(writes: number[]) {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      writes.push(1);
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.length);
      done();
    },
  });
  return { stream, queue: { client: { stream } } as unknown as Queue };
}

describe('sendTogether', () => {
  it('sends the commands of one turn in one write, and those of later turns at once', async () => {
    const writes: number[] = [];
    const { stream, queue } = queueOn(writes);
    await Promise.resolve().then(async () => {
      sendTogether(queue);
      stream.write('first');
      for (let at = 0; at < 10; at++) await Promise.resolve();
      stream.write('second');
      expect(writes).toEqual([]);
    });
    await nextTurn();
    stream.write('third');
    expect(writes).toEqual([2, 1]);
  });

  it('counts several callers in one turn', async () => {
    const writes: number[] = [];
    const { stream, queue } = queueOn(writes);
    for (let at = 0; at < 3; at++) {
      sendTogether(queue);
      stream.write('command');
    }
    await nextTurn();
    expect(writes).toEqual([3]);
  });

  it('changes nothing for a cluster, which has a socket for each node', () => {
    expect(() => {
      sendTogether({ client: {} } as Queue);
    }).not.toThrow();
  });
});
