import type { Queue } from 'bull';
import { countSettled } from '../../src/backends/async-routing/bull/queue-watch';

describe('The count of what is settled', () => {
  it('fails as one where the connection is lost: what nobody awaits would end the process', async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', hear);
    const fail = (): Promise<never> => Promise.reject(new Error('Connection is closed.'));
    const queue = { client: { incrby: fail, pexpire: fail }, toKey: (key: string) => key } as unknown as Queue;
    await expect(countSettled(queue, 'emitter', 1)).rejects.toThrow('Connection is closed.');
    await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
});
