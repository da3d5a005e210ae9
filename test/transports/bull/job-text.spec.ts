import type { Queue } from 'bull';
import { addJobText } from '../../../src/transports/bull/job-text';
import type { WrittenJob } from '../../../src/transports/bull/event-job';

const HEAD = { format: 1, tracker: 'default', path: 'later', emitter: 'process', length: 20 };
const JOB: WrittenJob = { head: HEAD, events: ['{"id":"a","text":"ö\\u2028\\"x\\""}', '{"id":"b"}'] };
const DATA = { ...HEAD, events: [{ id: 'a', text: 'ö\u2028"x"' }, { id: 'b' }] };

interface Recorder {
  readonly client: { addJob(command: unknown[]): Promise<unknown> };
}

/** A queue whose class adds jobs as Bull's does, and what it sent. */
function setUp(write: (data: object) => string = JSON.stringify) {
  const sent: unknown[][] = [];
  const added: unknown[][] = [];
  class FakeBull {
    static readonly Job = {
      create: async ({ client }: Recorder, name: string, data: object, options: object): Promise<object> => {
        await client.addJob(['wait', name, write(data), JSON.stringify(options)]);
        return {};
      },
    };
    readonly client = {
      addJob: (command: unknown[]): Promise<unknown> => {
        sent.push(command);
        return Promise.resolve('id');
      },
    };
    readonly defaultJobOptions = { lifo: true, attempts: 7 };
    readonly limiter?: object;

    add(...args: unknown[]): Promise<void> {
      added.push(args);
      return Promise.resolve();
    }
  }
  const queue = new FakeBull();
  return { queue, sent, added, send: () => addJobText(queue as unknown as Queue, JOB, { attempts: 2, jobId: 'j' }) };
}

describe('addJobText', () => {
  it('sends the command that Bull would send, with the texts of the events', async () => {
    const { sent, added, send } = setUp();
    await send();
    const options = JSON.stringify({ lifo: true, attempts: 2, jobId: 'j' });
    expect(sent).toEqual([['wait', 'tracking-events', expect.any(String), options]]);
    const text = String(sent[0]?.[2]);
    expect([JSON.parse(text), added]).toEqual([DATA, []]);
    expect(text).toContain(JOB.events.join(','));
  });

  it('fails if the job could not be added', async () => {
    const { queue, added, send } = setUp();
    queue.client.addJob = () => Promise.reject(new Error('OOM command not allowed'));
    await expect(send()).rejects.toThrow('OOM');
    expect(added).toEqual([]);
  });

  it.each<[string, (queue: ReturnType<typeof setUp>['queue']) => void]>([
    ['that is not of Bull', (queue) => Object.assign(queue, { constructor: {} })],
    ['with an add of the application', (queue) => (queue.add = queue.add.bind(queue))],
    ['whose limiter names jobs by their data', (queue) => Object.assign(queue, { limiter: { groupKey: 'path' } })],
  ])('lets a queue write the job %s', async (_which, change) => {
    const { queue, sent, added, send } = setUp();
    change(queue);
    await send();
    expect([sent, added]).toEqual([[], [['tracking-events', DATA, { attempts: 2, jobId: 'j' }]]]);
  });

  it('lets Bull write the job if its command has the data in another form', async () => {
    const { sent, added, send } = setUp((data) => JSON.stringify(data, undefined, 1));
    await send();
    expect([sent, added.length]).toEqual([[], 1]);
  });
});
