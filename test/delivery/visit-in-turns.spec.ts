import { DeadLetterBox, type DeadLetter } from '../../src/delivery/dead-letter-box';
import { LetterStore } from '../../src/delivery/letter-store';
import { QueuedEvent } from '../../src/delivery/queued-event';

const COUNT = 20_000;

function filled(count: number): DeadLetterBox {
  const box = new DeadLetterBox('lrs', new LetterStore(undefined, 1e8), () => undefined);
  for (let at = 0; at < count; at++) {
    const event = { id: String(at), name: 'e', timestamp: new Date(0), context: {}, data: { text: 'x'.repeat(300) } };
    box.put(QueuedEvent.again(event, { acceptedAt: 1 }, 0), at % 2 === 0 ? 'even' : 'odd', at);
  }
  return box;
}

const idsOf = (box: DeadLetterBox): string[] => {
  const ids: string[] = [];
  box.visit({}, ({ event }) => ids.push(event.id) > 0);
  return ids;
};

describe('DeadLetterBox: reading letters in turns', () => {
  it('reads each matching letter once, the oldest first, and leaves all of them', async () => {
    const box = filled(300);
    const before = idsOf(box);
    const read: string[] = [];
    await box.visitInTurns({ reason: 'odd' }, ({ event }) => read.push(event.id) > 0);
    expect(read).toEqual(before.filter((id) => Number(id) % 2 === 1));
    expect(idsOf(box)).toEqual(before);
    expect(box.count).toBe(300);
  });

  it('lets other code run meanwhile, however many letters there are', async () => {
    const box = filled(COUNT);
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    let read = 0;
    await box.visitInTurns({}, () => ++read > 0);
    isDone = true;
    expect(read).toBe(COUNT);
    expect(turns).toBeGreaterThan(3);
  });

  it('ends at the letter at which the visitor stops', async () => {
    const box = filled(50);
    const read: DeadLetter[] = [];
    await box.visitInTurns({}, (letter) => read.push(letter) < 3);
    expect(read.map(({ event }) => event.id)).toEqual(['0', '1', '2']);
    expect(box.count).toBe(50);
  });

  it('sees what a purge that was under way has left', async () => {
    const box = filled(COUNT);
    const purging = box.takeOut({ reason: 'even' }, () => true);
    const reasons = new Set<string>();
    let read = 0;
    await box.visitInTurns({}, ({ reason }) => {
      reasons.add(reason);
      return ++read > 0;
    });
    expect(await purging).toBe(COUNT / 2);
    expect([...reasons]).toEqual(['odd']);
    expect(read).toBe(COUNT / 2);
  });

  it('keeps letters that come meanwhile, without reading them', async () => {
    const box = filled(10);
    let read = 0;
    await box.visitInTurns({}, ({ event }) => {
      if (read++ < 10) box.put(QueuedEvent.again({ ...event, id: `new-${event.id}` }, { acceptedAt: 1 }, 0), 'new', 99);
      return true;
    });
    expect(read).toBe(10);
    expect(box.count).toBe(20);
  });

  it('ends when the box is closed', async () => {
    const box = filled(COUNT);
    let read = 0;
    const reading = box.visitInTurns({}, () => ++read > 0);
    box.close();
    await reading;
    expect(read).toBeLessThan(COUNT);
  });
});
