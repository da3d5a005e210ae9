import { DeadLetterBox, type DeadLetter } from '../../src/delivery/dead-letter-box';
import { LetterStore } from '../../src/delivery/letter-store';
import { QueuedEvent } from '../../src/delivery/queued-event';
import type { IdentifiedEvent } from '../../src/event/tracking-event';
import { startTracking } from '../support/start-tracking';
import { backend, consumer, MemoryBackend } from '../../src/entries';
import type { EventConsumer, ConsumerHost } from '../../src/entries/extend';

const event: IdentifiedEvent = { id: '1', name: 'e', timestamp: new Date(0), context: {}, data: {} };

const lettersOf = (reasons: readonly string[]): DeadLetter[] => {
  const box = new DeadLetterBox('path', new LetterStore(undefined, 1e8), () => undefined);
  for (const reason of reasons) box.put(QueuedEvent.again(event, { acceptedAt: 1 }, 0), reason, 1);
  const letters: DeadLetter[] = [];
  box.visit({}, (letter) => letters.push(letter) > 0);
  return letters;
};

describe('The reason of a dead letter', () => {
  it('is kept as it is where it is short', () => {
    expect(lettersOf(['refused: no such learner: Zoë'])[0]?.reason).toBe('refused: no such learner: Zoë');
  });

  it('is cut to some hundred characters: it may quote what was on a bus', () => {
    const [letter] = lettersOf([`unreadable: its timestamp "${'9'.repeat(1_000_000)}" is no time`]);
    expect(letter?.reason).toMatch(/^unreadable: its timestamp "9+…$/);
    expect(letter?.reason.length).toBeLessThanOrEqual(500);
  });

  it('has no characters that act on a terminal or begin a line of a log', () => {
    const [letter] = lettersOf(['refused: \u001b[2K\r\n[Nest] 4242 ERROR forged \u202e\u2028\ud800']);
    expect(letter?.reason).toBe(String.raw`refused: \u001b[2K\u000d\u000a[Nest] 4242 ERROR forged \u202e\u2028\ud800`);
  });

  it('is bounded too where another version, or another program, has written it', () => {
    const store = new LetterStore(undefined, 1e8);
    const box = new DeadLetterBox('path', store, () => undefined);
    for (const reason of [`"${'x'.repeat(5000)}"`, '7', '{}', '"a\\nb"'])
      store.append(`{"acceptedAt":1,"reason":${reason}}\n${JSON.stringify(event)}`);
    const reasons: string[] = [];
    box.visit({}, ({ reason }) => reasons.push(reason) > 0);
    expect(reasons.map((reason) => reason.slice(0, 20))).toEqual(['x'.repeat(20), '', '', 'a\\u000ab']);
    for (const reason of reasons) expect(reason.length).toBeLessThanOrEqual(500);
  });
});

describe('The count of dead letters by reason', () => {
  it('has a bounded number of reasons, and counts the rest together', async () => {
    let intake: ConsumerHost['intake'] | undefined;
    class Bus implements EventConsumer {
      begin(host: ConsumerHost): void {
        intake = host.intake;
      }
      async end(): Promise<void> {}
      async close(): Promise<void> {}
    }
    const run = await startTracking({ backends: { in: backend(MemoryBackend) }, consumers: { bus: consumer(Bus) } });
    for (let at = 0; at < 1500; at++)
      intake?.bury({ position: String(at), raw: Buffer.alloc(1), decode: () => event }, `unreadable: ${String(at)}`);
    const counts = run.tracker.deadLetters.count();
    expect(Object.keys(counts).length).toBeLessThanOrEqual(101);
    expect(counts['unreadable: 0']).toBe(1);
    expect(counts['(other reasons)']).toBe(1400);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(1500);
  });
});
