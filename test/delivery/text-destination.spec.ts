import { SendFailedException, type TextDestination } from '../../src/delivery/destination';
import type { QueuedEvent } from '../../src/delivery/queued-event';
import { MemoryStore } from '../../src/store/memory-store';
import { bareDelivery, closeBareDeliveries, envelopeOf } from './bare-delivery';
import { Gate, quick } from './gate';

afterEach(closeBareDeliveries);

/** A destination that takes texts, and events if `sendsText` is false. */
class TextGate extends Gate implements TextDestination {
  readonly sent: (readonly string[])[] = [];
  sendsText = true;
  answer: (texts: readonly string[]) => ReturnType<TextDestination['sendTexts']> = () => Promise.resolve();

  sendTexts(entries: readonly QueuedEvent[]): ReturnType<TextDestination['sendTexts']> {
    const texts = entries.map((entry) => entry.text());
    this.sent.push(texts);
    return this.answer(texts);
  }
}

describe('A destination that sends texts', () => {
  it('gets the text of each event, as its data was when it was emitted', async () => {
    const { delivery, gate, counts } = bareDelivery(quick, undefined, new TextGate());
    const data = { n: 1 };
    const envelopes = [envelopeOf('a', data), envelopeOf('b', { at: new Date(0) })];
    for (const envelope of envelopes) delivery.accept(envelope);
    data.n = 2;
    await delivery.flush();
    expect(gate.sent).toEqual([envelopes.map((envelope) => envelope.text())]);
    expect(gate.sent[0]?.map((text) => (JSON.parse(text) as { data: object }).data)).toEqual([
      { n: 1 },
      { at: '1970-01-01T00:00:00.000Z' },
    ]);
    expect(gate.batches).toEqual([]);
    expect(counts()).toMatchObject({ accepted: 2, delivered: 2, pending: 0 });
  });

  it('leaves the event readable for others, which get the data of the emit', async () => {
    const { delivery } = bareDelivery(quick, undefined, new TextGate());
    const data = { n: 1 };
    const envelope = envelopeOf('a', data);
    delivery.accept(envelope);
    data.n = 2;
    expect(envelope.stored()).toMatchObject({ name: 'a', data: { n: 1 } });
    await delivery.flush();
  });

  it('gets texts of events that were on disk', async () => {
    const store = MemoryStore.open({ maxBytes: 1e6 });
    const { delivery, gate } = bareDelivery({ ...quick, durable: true }, store, new TextGate());
    const envelope = envelopeOf('a', { n: 1 });
    delivery.accept(envelope);
    await delivery.flush();
    expect(gate.sent).toEqual([[envelope.text()]]);
  });

  it('gets events by sendBatch while it sends no texts', async () => {
    const { emit, delivery, gate } = bareDelivery(quick, undefined, new TextGate());
    gate.sendsText = false;
    emit('a', 'b');
    await delivery.flush();
    expect(gate.sent).toEqual([]);
    expect(gate.names).toEqual(['a', 'b']);
  });

  it('rejects single events, and a batch that it refuses is halved', async () => {
    const { emit, delivery, gate, dead } = bareDelivery(quick, undefined, new TextGate());
    gate.answer = (texts) => {
      const bad = texts.findIndex((text) => text.includes('"bad"'));
      if (bad >= 0) return Promise.resolve([{ index: bad, reason: 'not this', retryable: false }]);
      if (texts.some((text) => text.includes('"worse"')))
        return Promise.reject(SendFailedException.create({ reason: 'not that', retryable: false }));
      return Promise.resolve();
    };
    emit('a', 'bad', 'b');
    await delivery.flush();
    emit('c', 'worse', 'd', 'e');
    await delivery.flush();
    expect(dead()).toEqual([
      ['bad', expect.stringContaining('not this')],
      ['worse', expect.stringContaining('not that')],
    ]);
  });
});
