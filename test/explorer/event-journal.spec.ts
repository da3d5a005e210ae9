import { Envelope, OwnContext } from '../../src/event/envelope';
import { EventJournal, type JournalHost } from '../../src/explorer/journal/event-journal';
import type { JournalEntry } from '../../src/explorer/journal/journal-entry';
import type { ObservedNode } from '../../src/routing/node-observer';
import { envelopeOf, normalizer } from '../routing/tree-parts';
import { heapUsed } from '../support/heap-used';

const root: ObservedNode = { path: '', standsAt: 'the root', endsAs: undefined };
const lrs: ObservedNode = { path: 'lrs', standsAt: 'backends.lrs (Lrs)', endsAs: 'queued' };
const log: ObservedNode = { path: 'log', standsAt: 'backends.log (Logger)', endsAs: 'delivered' };

const answered = { tookMs: 5, ending: 'answered', error: undefined, status: 200 } as const;
const failed = { tookMs: 5, ending: 'failed', error: 'HTTP 503', status: 503 } as const;
const missing = { kind: 'required-missing', path: 'data.n', message: 'is missing' } as const;

let seq = 0;
const journalWith = (changes: Partial<JournalHost> = {}): EventJournal =>
  new EventJournal({
    ...{ tracker: 'default', maxEvents: 3, maxBytes: 1_000_000, redact: (envelope) => envelope },
    ...{ locate: () => undefined, nextSeq: () => ++seq },
    ...changes,
  });

/** Takes an event through the root and these nodes. */
function pass(journal: EventJournal, envelope: Envelope, ...nodes: readonly ObservedNode[]): Envelope {
  journal.entered(root, envelope);
  for (const node of nodes) {
    journal.entered(node, envelope);
    journal.left(node, envelope, undefined);
  }
  journal.left(root, envelope, undefined);
  return envelope;
}

const names = (journal: EventJournal): string[] => journal.newestFirst().map(({ envelope }) => envelope.name);

describe('EventJournal', () => {
  it('shows an event only once it is redacted', () => {
    const journal = journalWith({ redact: (envelope) => envelope.withData({ n: '[redacted]' }) });
    const { id } = pass(journal, envelopeOf('a', { n: 1 }), log);
    expect(journal.find(id)).toBeUndefined();
    journal.refresh();
    expect(journal.find(id)?.envelope.data).toEqual({ n: '[redacted]' });
    expect(journal.find(id)?.versions.size).toBe(0);
  });

  it('keeps the newest events, and counts the others', () => {
    const journal = journalWith();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      pass(journal, envelopeOf(name));
      journal.refresh();
    }
    expect(names(journal)).toEqual(['e', 'd', 'c']);
    expect(journal.evicted).toBe(2);
  });

  it('holds no more bytes than it may, between two refreshes too', () => {
    const journal = journalWith({ maxEvents: 500, maxBytes: 16_000_000 });
    const held = heapUsed();
    for (let at = 0; at < 500; at++) {
      pass(journal, envelopeOf('large', { text: `${String(at)}${'x'.repeat(1_000_000)}` }));
      expect(journal.kept).toBeLessThan(9);
    }
    expect(heapUsed() - held).toBeLessThan(20_000_000);
    journal.refresh();
    expect([journal.kept, journal.evicted]).toEqual([7, 493]);
  });

  it('follows a bounded number of events between two refreshes, and counts the others', () => {
    const redact = jest.fn((envelope: Envelope) => envelope);
    const journal = journalWith({ redact });
    for (let at = 0; at < 1000; at++) pass(journal, envelopeOf(`e${String(at)}`), lrs);
    journal.refresh(2);
    expect(redact).toHaveBeenCalledTimes(3);
    expect(names(journal)).toEqual(['e2', 'e1', 'e0']);
    expect(journal.skipped).toBe(997);
    for (const name of ['f', 'g', 'h']) pass(journal, envelopeOf(name));
    journal.refresh();
    expect(names(journal)).toEqual(['g', 'f', 'e2']);
    expect(journal.skipped).toBe(998);
  });

  it('follows an event that is emitted while another one is processed, and the other one too', () => {
    const journal = journalWith();
    const [outer, inner] = [envelopeOf('outer'), envelopeOf('inner')];
    journal.entered(root, outer);
    pass(journal, inner, lrs);
    journal.entered(log, outer);
    journal.left(log, outer, undefined);
    journal.left(root, outer, undefined);
    journal.refresh();
    expect(journal.find(outer.id)?.outcomes).toEqual([{ path: 'log', state: 'delivered' }]);
    expect(journal.find(inner.id)?.outcomes).toEqual([{ path: 'lrs', state: 'queued' }]);
  });

  it('keeps a bounded number of bytes, but always the newest event', () => {
    const journal = journalWith({ maxEvents: 500, maxBytes: 100_000 });
    for (let at = 0; at < 100; at++) {
      pass(journal, envelopeOf('big', { text: 'x'.repeat(10_000) }));
      journal.refresh();
    }
    expect(names(journal).length).toBeLessThan(6);
    pass(journal, envelopeOf('huge', { text: 'x'.repeat(1_000_000) }));
    journal.refresh();
    expect(names(journal)).toEqual(['huge']);
  });

  it('follows an event from the queue of a destination to its end', () => {
    const journal = journalWith();
    const { id } = pass(journal, envelopeOf('a'), log, lrs);
    journal.refresh();
    const outcomes = () => journal.find(id)?.outcomes;
    expect(outcomes()).toEqual([
      { path: 'log', state: 'delivered' },
      { path: 'lrs', state: 'queued' },
    ]);
    journal.attempted('lrs', { ...failed, ids: [id, 'other'] });
    journal.retrying('lrs', id, 'HTTP 503');
    expect(outcomes()?.[1]).toEqual({ path: 'lrs', state: 'retrying', reason: 'HTTP 503' });
    journal.settled('lrs', id, 'dead-lettered', 'attempts');
    expect(outcomes()?.[1]).toEqual({ path: 'lrs', state: 'dead', reason: 'attempts' });
    expect(journal.find(id)?.attempts).toMatchObject([
      { path: 'lrs', result: 'failed', status: 503, error: 'HTTP 503', batch: 2 },
    ]);
  });

  it('tells an attempt that refused the event from one that delivered it', () => {
    const journal = journalWith();
    const [good, bad] = ['a', 'b'].map((name) => pass(journal, envelopeOf(name), lrs).id);
    journal.refresh();
    journal.attempted('lrs', { ...answered, ids: [good!, bad!] });
    journal.settled('lrs', good!, 'delivered', undefined);
    journal.settled('lrs', bad!, 'dead-lettered', 'refused: no such course');
    expect(journal.find(good!)?.attempts).toMatchObject([{ result: 'delivered' }]);
    expect(journal.find(bad!)?.attempts).toMatchObject([{ result: 'rejected', error: 'refused: no such course' }]);
  });

  it('keeps the outcome of a destination that was faster than the node', () => {
    const journal = journalWith();
    const envelope = envelopeOf('a');
    journal.entered(root, envelope);
    journal.entered(lrs, envelope);
    journal.settled('lrs', envelope.id, 'delivered', undefined);
    journal.left(lrs, envelope, undefined);
    journal.left(root, envelope, undefined);
    journal.refresh();
    expect(journal.find(envelope.id)?.outcomes).toEqual([{ path: 'lrs', state: 'delivered' }]);
  });

  it('tells its listener of each kept event once, and of later changes', () => {
    const journal = journalWith();
    const told: string[] = [];
    const tell = (what: string) => (entry: JournalEntry) => void told.push(`${what} ${entry.envelope.name}`);
    journal.listen({ kept: tell('kept'), changed: tell('changed') });
    const a = pass(journal, envelopeOf('a'), lrs);
    journal.refresh();
    pass(journal, envelopeOf('b'), lrs);
    journal.settled('lrs', a.id, 'delivered', undefined);
    journal.refresh();
    journal.refresh();
    expect(told).toEqual(['kept a', 'kept b', 'changed a']);
  });

  it('records what each processor did, and where the event ended', () => {
    const journal = journalWith();
    const before = envelopeOf('a', { n: 1 });
    const after = before.withData({ n: 2 });
    journal.entered(root, before);
    journal.stepped(root, 'processors[0] (Add)', before, after, 0.01);
    journal.entered(lrs, after);
    journal.stepped(lrs, 'backends.lrs.processors[0] (RegexFilter)', after, 'filtered', 0.02);
    journal.left(lrs, after, 'filtered');
    journal.left(root, before, undefined);
    journal.refresh();
    const entry = journal.find(before.id);
    expect(
      entry?.steps.map(({ processor, after: end }) => [processor, 'dropped' in end ? end.dropped : end.data]),
    ).toEqual([
      ['processors[0] (Add)', { n: 2 }],
      ['backends.lrs.processors[0] (RegexFilter)', 'filtered'],
    ]);
    expect(entry?.outcomes).toEqual([{ path: 'lrs', state: 'filtered', reason: 'filtered' }]);
  });

  it('remembers an event that the catalog rejected', () => {
    const journal = journalWith();
    const envelope = envelopeOf('a');
    journal.rejected('catalog:rejected', envelope, 'invalid');
    journal.violated(envelope.id, [missing, missing]);
    journal.refresh();
    expect(journal.find(envelope.id)).toMatchObject({ violations: 2, found: [missing, missing] });
    expect(journal.find(envelope.id)?.outcomes).toEqual([
      { path: 'catalog:rejected', state: 'dead', reason: 'invalid' },
    ]);
  });

  it('remembers what was found before the event enters the tree', () => {
    const journal = journalWith();
    const envelope = envelopeOf('a');
    journal.violated(envelope.id, [missing]);
    journal.entered(log, envelope);
    journal.left(log, envelope, undefined);
    journal.refresh();
    expect(journal.find(envelope.id)).toMatchObject({ violations: 1, found: [missing] });
  });

  it('takes the values at the time of the emit, whatever the caller changes later', () => {
    const journal = journalWith();
    const data = { n: 1 };
    const facts = { id: 'fresh', name: 'a', time: 0, context: new OwnContext({}), depth: 0, parentId: undefined };
    const { id } = pass(journal, Envelope.of({ ...facts, data }, normalizer), log);
    data.n = 2;
    journal.refresh();
    expect(journal.find(id)?.envelope.data).toEqual({ n: 1 });
  });

  it('ignores what it hears of events that it does not remember', () => {
    const journal = journalWith();
    journal.settled('lrs', 'unknown', 'delivered', undefined);
    journal.attempted('lrs', { ...answered, ids: ['unknown'] });
    journal.violated('unknown', [missing]);
    journal.refresh();
    expect(journal.newestFirst()).toEqual([]);
  });
});
