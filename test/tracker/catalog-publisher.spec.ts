import { defineCatalog } from '../../src/catalog/catalog';
import { defineEvent } from '../../src/catalog/define-event';
import type { Envelope } from '../../src/event/envelope';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { CatalogPublisher } from '../../src/tracker/catalog-publisher';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { fakeClock, pass } from '../delivery/fake-clock';
import { LogLines, runtimeOptions } from './bare-runtime';

const { document } = defineCatalog([defineEvent('course.enrolled')]);

function publisher() {
  const log = new LogLines();
  return { publisher: new CatalogPublisher(document, createTrackerParts({}, runtimeOptions(log.notices))), log };
}

const node = (backend: object, sink?: EnvelopeBackend) => ({ backend, standsAt: 'backends.log', sink });
const catalogLog = (accept: EnvelopeBackend['accept']) => {
  const backend = { takesCatalogAsEvent: true as const, accept };
  return node(backend, backend);
};

describe('CatalogPublisher', () => {
  it('gives the documents to a backend that keeps them', async () => {
    const keepCatalog = jest.fn();
    const run = publisher();
    run.publisher.begin([node({ keepCatalog })]);
    await run.publisher.close();
    expect(keepCatalog.mock.calls).toEqual([[document]]);
  });

  it('sends them as one event to a backend that writes a log', () => {
    const events: Envelope[] = [];
    publisher().publisher.begin([catalogLog((envelope) => void events.push(envelope))]);
    expect(events.map(({ event }) => event)).toEqual([
      { name: 'event_catalog', timestamp: expect.any(Date), context: {}, data: document },
    ]);
    expect(events[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives them to no other backend', () => {
    const accept = jest.fn();
    const run = publisher();
    run.publisher.begin([node({ accept }, { accept })]);
    expect(accept).not.toHaveBeenCalled();
  });

  it.each([
    ['refuses it', () => 'too-large' as const, 'too-large'],
    ['fails', () => JSON.parse('?') as never, 'SyntaxError'],
  ])('logs a log that %s, and continues with the next backend', (_, accept, why) => {
    const next = jest.fn();
    const run = publisher();
    run.publisher.begin([catalogLog(accept), catalogLog(next)]);
    expect(run.log.lines).toEqual([expect.stringMatching(new RegExp(`^backends\\.log .*catalog: .*${why}`))]);
    expect(next).toHaveBeenCalledTimes(1);
  });

  describe('while the application runs', () => {
    beforeEach(fakeClock);
    afterEach(() => jest.useRealTimers());

    it('gives the documents to a store again each hour, and not after it has closed', async () => {
      const keepCatalog = jest.fn();
      const run = publisher();
      run.publisher.begin([node({ keepCatalog })]);
      await pass(3_600_000);
      expect(keepCatalog).toHaveBeenCalledTimes(2);
      await run.publisher.close();
      await pass(3_600_000);
      expect(keepCatalog).toHaveBeenCalledTimes(2);
    });

    it('tries a store again that fails, and logs that once', async () => {
      const keepCatalog = jest.fn(() => Promise.reject(new Error('is down')));
      const run = publisher();
      run.publisher.begin([node({ keepCatalog })]);
      await pass(5000);
      expect(keepCatalog.mock.calls.length).toBeGreaterThan(1);
      expect(run.log.lines).toEqual([expect.stringMatching(/^backends\.log could not .*is down/)]);
      await run.publisher.close();
    });

    it('waits at close for a store that is answering, but not for long', async () => {
      const run = publisher();
      run.publisher.begin([node({ keepCatalog: () => new Promise<void>(() => undefined) })]);
      const after = jest.fn();
      void run.publisher.close().then(after);
      await pass(1000);
      expect(after).not.toHaveBeenCalled();
      await pass(4000);
      expect(after).toHaveBeenCalled();
    });
  });
});
