import { z } from 'zod';
import { defineEvent } from '../../src/entries';
import { DeadLetterOffice } from '../../src/delivery/dead-letter-office';
import { LetterStore } from '../../src/delivery/letter-store';
import type { IdentifiedEvent } from '../../src/event/tracking-event';
import { lossesOf } from '../../src/ledger/losses';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const eventOf = (id: number, length = 1): IdentifiedEvent => ({
  ...{ id: String(id), name: 'e', timestamp: new Date(0), context: {} },
  data: { text: 'x'.repeat(length) },
});

describe('StrayLetters', () => {
  const openOffice = () => {
    const lost = new Set<string>();
    const office = new DeadLetterOffice({
      deliveries: [],
      openLetters: (_path, maxMemoryBytes) => new LetterStore(undefined, maxMemoryBytes),
      onLetter: () => undefined,
      onLost: (path, text) => lost.add(`${path}: ${text}`),
    });
    return { office, lost };
  };

  it('count the letters that were removed because there was no capacity, by path', () => {
    const { office, lost } = openOffice();
    for (let id = 0; id < 30; id++) office.keep('consumer:bus', eventOf(id, 100_000), 'unreadable', {});
    office.keep('missing', eventOf(99), 'attempts', {});
    const kept = office.list({ path: 'consumer:bus' }).length;
    expect(office.forgottenStrays()).toEqual({ 'consumer:bus': 30 - kept });
    expect(kept).toBeLessThan(30);
    expect([...lost]).toEqual([expect.stringMatching(/^consumer:bus: some are lost/)]);
  });

  it('keep what they counted when their path gets a destination', () => {
    const { office } = openOffice();
    for (let id = 0; id < 30; id++) office.keep('late', eventOf(id, 100_000), 'attempts', {});
    const forgotten = office.forgottenStrays()['late'] ?? 0;
    const letters = office.handOut('late');
    expect(forgotten).toBeGreaterThan(0);
    expect(office.forgottenStrays()).toEqual({});
    expect(letters?.forgotten).toBe(forgotten);
    const other = new LetterStore(undefined, 1e6);
    if (letters !== undefined) other.adoptAll(letters);
    expect(other.forgotten).toBe(forgotten);
  });
});

describe('Events that the catalog rejects', () => {
  const Played = defineEvent('played', { data: z.object({ at: z.number() }) });
  const reject = async () => {
    const logger = new RecordingLogger();
    const run = await startTracking({ logger, catalog: [Played], validation: 'reject' });
    for (let n = 0; n < 300; n++) run.tracker.emit('played', { at: 'noon', pad: 'x'.repeat(200_000) });
    return { run, logger };
  };

  it('are losses once their dead letters are removed for lack of capacity, and are warned of once', async () => {
    const { run, logger } = await reject();
    const { ledger, tracker, app } = run;
    const kept = tracker.deadLetters.list().length;
    const loss = { node: 'catalog:rejected', reason: 'forgotten dead letters', count: 300 - kept };
    expect(kept).toBeLessThan(300);
    expect(lossesOf(ledger)).toEqual([loss]);
    expect(ledger.tracker().forgottenDeadLetters).toEqual({ 'catalog:rejected': 300 - kept });
    expect(logger.warnings.filter((text) => text.includes('dead letters for catalog:rejected'))).toEqual([
      'dead letters for catalog:rejected: some are lost for lack of capacity, the oldest first, and are counted ' +
        "('forgottenDeadLetters'). Fix: give delivery a directory, or redrive or purge the dead letters. " +
        '(Logged once; the ledger counts on.)',
    ]);
    await app.close();
    expect(logger.warnings.filter((text) => text.includes('closed; of 300'))).toEqual([
      'tracker "default" closed; of 300 events emitted, dropped at catalog:rejected: 300 forgotten dead letters.',
    ]);
  });
});
