import fc from 'fast-check';
import { CrashGuard } from '../../../src/transports/kafka/crash-guard';
import { noteOf, textOfNote } from '../../../src/transports/kafka/crash-note';
import type { KafkaReader, KafkaRecord, PartitionOffset } from '../../../src/transports/kafka/kafka-reader';

const MAX_IN_FLIGHT = 200;
const TOPIC = 'topic';

/**
 * A broker with one partition, and processes that read it one after the other; each dies with an
 * entry that is poison.
 */
class SimulatedGroup {
  position = 0n;
  note: string | undefined;
  readonly delivered = new Set<bigint>();
  readonly buried: bigint[] = [];
  deaths = 0;

  constructor(
    private readonly length: number,
    private readonly poison: ReadonlySet<bigint>,
    private readonly maxDeliveries: number,
  ) {}

  get isDone(): boolean {
    return this.position >= BigInt(this.length);
  }

  /** One process, until it dies or has read everything. */
  async live(): Promise<void> {
    const life = this.deaths;
    let isDead = false;
    let done = this.position;
    const reader = {
      memberId: `member-${String(life)}`,
      notes: () => Promise.resolve([{ topic: TOPIC, partition: 0, offset: this.position, note: this.note }]),
      liveMembers: () => Promise.resolve(new Set([`member-${String(life)}`])),
      commit: ([to]: readonly PartitionOffset[]) => {
        if (to !== undefined && !isDead) [this.position, this.note] = [to.offset, to.note];
        return Promise.resolve();
      },
    } as unknown as KafkaReader;
    const guard = new CrashGuard({
      ...{ maxInFlight: MAX_IN_FLIGHT, maxDeliveries: this.maxDeliveries },
      isEnding: () => isDead,
      reader: () => reader,
      inFlight: () => 0,
      position: () => done,
      give: (records) => {
        if (records.some(({ offset }) => this.poison.has(offset))) {
          isDead = true;
          return Promise.resolve();
        }
        for (const { offset } of records) this.delivered.add(offset);
        done = (records.at(-1)?.offset ?? done) + 1n;
        return Promise.resolve();
      },
      bury: ({ offset }) => {
        this.buried.push(offset);
        done = offset + 1n;
      },
      onNoted: () => undefined,
      whenCommitted: () => Promise.resolve(),
      onRoom: () => undefined,
    });
    guard.begin();
    await guard.prepare([{ topic: TOPIC, partition: 0 }]);
    let next = this.position;
    while (!isDead && done < BigInt(this.length)) {
      const room = guard.room ?? MAX_IN_FLIGHT;
      const records: KafkaRecord[] = [];
      for (; records.length < room && next < BigInt(this.length); next++)
        records.push({ topic: TOPIC, partition: 0, offset: next } as KafkaRecord);
      if (records.length === 0 || guard.take(records)) await new Promise((resolve) => setImmediate(resolve));
      else if (records.some(({ offset }) => this.poison.has(offset))) isDead = true;
      else {
        for (const { offset } of records) this.delivered.add(offset);
        done = next;
        [this.position, this.note] = [done, undefined];
      }
    }
    if (isDead) this.deaths++;
    else this.position = done;
  }
}

describe('The search for an entry that ends its process', () => {
  it('makes dead letters of such entries alone, and gives all others, wherever they are', async () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 399 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 3, max: 6 }), async (poison, maxDeliveries) => {
        const offsets = poison.map(BigInt);
        const group = new SimulatedGroup(400, new Set(offsets), maxDeliveries);
        while (!group.isDone && group.deaths < 100) await group.live();
        expect([...group.buried].sort()).toEqual([...offsets].sort());
        expect(group.delivered.size).toBe(400 - poison.length);
        expect(group.deaths).toBeLessThanOrEqual(poison.length * (maxDeliveries + 4));
      }),
      { numRuns: 60 },
    );
  });

  it('reads no note in what another program keeps there', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const note = noteOf(text);
        expect(note === undefined || noteOf(textOfNote(note)) !== undefined).toBe(true);
      }),
    );
    expect(noteOf(textOfNote({ life: 'a', member: 'b', lives: 2, from: 7n, count: 3 }))).toEqual({
      ...{ life: 'a', member: 'b', lives: 2, from: 7n, count: 3 },
    });
  });
});
