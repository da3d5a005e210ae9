import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { KafkaListener } from '../../../src/transports/kafka/kafka-reader';
import { RecordStream } from '../../../src/transports/kafka/record-stream';

/** A stream of the client that a test fills, and a listener with a capacity. */
function setUp() {
  const messages: { offset: bigint }[] = [];
  const stream = Object.assign(new EventEmitter(), {
    read: () => messages.shift() ?? null,
    destroy: jest.fn(),
  });
  const state = { capacity: 10, release: (): void => undefined };
  const read: bigint[][] = [];
  const listener = {
    room: () => state.capacity,
    whenRoom: () => new Promise<void>((resolve) => (state.release = resolve)),
    read: (records: readonly { readonly offset: bigint }[]) => read.push(records.map(({ offset }) => offset)),
  };
  const failures: unknown[] = [];
  const records = new RecordStream(stream as never, listener as unknown as KafkaListener, (error) =>
    failures.push(error),
  );
  const add = (...offsets: bigint[]): void => {
    messages.push(...offsets.map((offset) => ({ offset })));
    stream.emit('readable');
  };
  return { stream, state, listener, read, failures, records, add };
}

describe('RecordStream', () => {
  it('passes records on in batches as large as the capacity', async () => {
    const { state, read, add } = setUp();
    state.capacity = 2;
    add(1n, 2n, 3n);
    await turn();
    expect(read).toEqual([[1n, 2n], [3n]]);
  });

  it('waits for capacity before it reads on', async () => {
    const { state, read, add } = setUp();
    state.capacity = 0;
    add(1n);
    await turn();
    expect(read).toEqual([]);
    state.capacity = 5;
    state.release();
    await turn();
    expect(read).toEqual([[1n]]);
  });

  it('passes records on once, however often the stream says that there are some', async () => {
    const { state, read, stream, add } = setUp();
    state.capacity = 0;
    add(1n);
    stream.emit('readable');
    stream.emit('readable');
    state.capacity = 1;
    state.release();
    await turn();
    add(2n);
    await turn();
    expect(read).toEqual([[1n], [2n]]);
  });

  it('passes on nothing after it was left, not even what waits for capacity', async () => {
    const { stream, state, read, failures, records, add } = setUp();
    state.capacity = 0;
    add(1n);
    records.leave();
    state.capacity = 1;
    state.release();
    add(2n);
    stream.emit('error', new Error('late'));
    stream.emit('close');
    await turn();
    expect([read, failures]).toEqual([[], []]);
    records.destroy();
    expect(stream.destroy).toHaveBeenCalledTimes(1);
  });

  it('reports an error of the stream, its end, and an error of the listener', async () => {
    const { stream, listener, failures, add } = setUp();
    stream.emit('error', new Error('UNKNOWN_MEMBER_ID'));
    stream.emit('close');
    jest.spyOn(listener, 'room').mockImplementation(() => {
      throw new Error('listener');
    });
    add(1n);
    await turn();
    expect(failures.map((error) => (error as Error).message)).toEqual([
      'UNKNOWN_MEMBER_ID',
      'the stream of the client has ended',
      'listener',
    ]);
  });
});
