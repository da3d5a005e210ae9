import { setImmediate as turn } from 'node:timers/promises';
import type { ConsumerSink, ConsumedMessage } from '../../../src/intake/event-consumer';
import { GroupProgress } from '../../../src/transports/kafka/group-progress';
import type { KafkaRecord } from '../../../src/transports/kafka/kafka-reader';
import { RecordIntake } from '../../../src/transports/kafka/record-intake';

const AT = { topic: 't', partition: 0 };
const record = (offset: bigint, partition = 0): KafkaRecord =>
  ({ topic: 't', partition, offset, value: null }) as Partial<KafkaRecord> as KafkaRecord;
const records = (count: number, from = 0): KafkaRecord[] =>
  Array.from({ length: count }, (_, at) => record(BigInt(from + at)));

/** An intake whose records a test finishes. */
function setUp(maxInFlight = 500) {
  const progress = new GroupProgress({ missed: jest.fn(), restarted: jest.fn() });
  progress.assign([AT]);
  const taken: string[] = [];
  const buried: string[] = [];
  const finish: (() => void)[] = [];
  const target: ConsumerSink = {
    take: (entries: readonly ConsumedMessage[], onDone) => {
      for (const [index, { position }] of entries.entries()) {
        taken.push(position);
        finish.push(() => {
          onDone(index);
        });
      }
      return Promise.resolve();
    },
    bury: ({ position }, reason) => buried.push(`${position} ${reason}`),
  };
  const state = {
    intake: target as ConsumerSink | undefined,
    guardRoom: undefined as number | undefined,
    isEnding: false,
  };
  const done = jest.fn();
  const intake = new RecordIntake({
    ...{ maxInFlight, progress, decoder: { decode: jest.fn() } },
    intake: () => state.intake,
    guardRoom: () => state.guardRoom,
    isEnding: () => state.isEnding,
    onDone: done,
  });
  return { state, progress, taken, buried, finish, done, intake };
}

describe('RecordIntake', () => {
  it('passes records on, and notes each that is finished', async () => {
    const { progress, taken, finish, done, intake } = setUp();
    await intake.give(records(3));
    expect([taken, intake.inFlight]).toEqual([['t:0:0', 't:0:1', 't:0:2'], 3]);
    finish[1]?.();
    expect([progress.toCommit(), intake.inFlight, done.mock.calls.length]).toEqual([[], 2, 1]);
    finish[0]?.();
    expect(progress.toCommit()).toEqual([{ ...AT, offset: 2n }]);
  });

  it('ignores records of a partition that is not assigned any more', async () => {
    const { taken, intake } = setUp();
    await intake.give([record(1n, 9)]);
    await intake.give([record(1n, 9), record(1n)]);
    expect([taken, intake.inFlight]).toEqual([['t:0:1'], 1]);
  });

  it('passes nothing on before the consumer has started', async () => {
    const { state, progress, intake } = setUp();
    state.intake = undefined;
    await intake.give(records(1));
    expect([intake.inFlight, progress.span]).toEqual([0, 0]);
  });

  it('takes a hundred records in one turn of the event loop', async () => {
    const { intake } = setUp();
    expect(intake.room()).toBe(100);
    await intake.give(records(60));
    expect(intake.room()).toBe(40);
    await intake.give(records(40, 60));
    expect(intake.room()).toBe(0);
    await turn();
    expect(intake.room()).toBe(100);
  });

  it('takes no more than maxInFlight records that are unfinished', async () => {
    const { finish, intake } = setUp(5);
    await intake.give(records(5));
    await turn();
    expect(intake.room()).toBe(0);
    for (const each of finish.slice(1)) each();
    expect(intake.room()).toBe(4);
  });

  it('stops when ten times maxInFlight records wait behind one that is not finished', async () => {
    const { finish, intake } = setUp(2);
    for (let at = 0; at < 20; at++) {
      await intake.give(records(1, at));
      if (at > 0) finish[at]?.();
    }
    await turn();
    expect([intake.inFlight, intake.room()]).toEqual([1, 0]);
    finish[0]?.();
    expect(intake.room()).toBe(2);
  });

  it('takes no more than the crash guard allows', () => {
    const { state, intake } = setUp();
    state.guardRoom = 7;
    expect(intake.room()).toBe(7);
  });

  it('keeps the reader waiting until there is capacity, or the end', async () => {
    const { state, finish, intake } = setUp(1);
    await expect(intake.whenRoom()).resolves.toBeUndefined();
    await intake.give(records(1));
    let released = 0;
    const wait = (): Promise<number> => intake.whenRoom().then(() => ++released);
    const waiting = wait();
    await turn();
    intake.answerRoom(); // there is none yet
    await turn();
    expect(released).toBe(0);
    finish[0]?.();
    await waiting;
    await intake.give(records(1, 1));
    const atEnd = wait();
    state.isEnding = true;
    intake.answerRoom();
    await atEnd;
    await wait();
    expect(released).toBe(3);
  });

  it('counts a record as finished that becomes a dead letter', () => {
    const { progress, buried, done, intake } = setUp();
    intake.bury(record(4n), 'why');
    intake.bury(record(4n, 9), 'not assigned');
    expect([buried, progress.toCommit(), done.mock.calls.length]).toEqual([
      ['t:0:4 why', 't:9:4 not assigned'],
      [{ ...AT, offset: 5n }],
      2,
    ]);
  });
});
