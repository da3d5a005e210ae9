import type { IdentifiedEvent, TrackingEvent } from '../../src/event/tracking-event';
import { BusIntake, type IntakeParts } from '../../src/intake/bus-intake';
import type { EventHandler } from '../../src/intake/handler-calls';
import { ConsumerLedger } from '../../src/ledger/consumer-ledger';
import { treeParts, type TreeParts } from '../routing/tree-parts';
import { entryOf, HeldWork, quickWork, Take, unreadable } from './taken-entries';

let parts: TreeParts;
let ledger: ConsumerLedger;
let letters: { readonly event: IdentifiedEvent; readonly reason: string; readonly isRaw: boolean | undefined }[];
let warnings: string[];
let works: HeldWork[];
let handlers: EventHandler[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'queueMicrotask'] });
  parts = treeParts();
  ledger = new ConsumerLedger('bus');
  [letters, warnings, works, handlers] = [[], [], [], []];
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function intakeOf(settings: Partial<IntakeParts> = {}): BusIntake {
  const { scopes, normalizer, processing } = parts;
  return new BusIntake({
    ...{ name: 'bus', scopes, normalizer, processing, ledger, dedupeWindowMs: 1000, handlerAttempts: 3 },
    works: () => works,
    handlers: () => handlers,
    keepLetter: (event, reason, { isRaw }) => void letters.push({ event, reason, isRaw }),
    warn: (_key, text) => void warnings.push(text()),
    ...settings,
  });
}

const later = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Handler of all events whose calls the test answers. */
function handler(call: (event: TrackingEvent) => unknown, wants: (name: string) => boolean = () => true): EventHandler {
  return { place: 'Reports.on', wants, call };
}

describe('BusIntake', () => {
  it('gives each event to every node of the bus, in order and retained', async () => {
    works = [quickWork(), quickWork()];
    const take = new Take(intakeOf(), entryOf('a'), entryOf('b'));
    await take.end;
    expect(works.map(({ names }) => names)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(works[0]?.calls[0]).toMatchObject({
      isInOrder: true,
      items: [{ isProcessed: false }, { isProcessed: false }],
    });
    expect([...take.done].sort()).toEqual([0, 1]);
    expect(ledger.counts(undefined)).toMatchObject({ received: 2, settled: 2, pending: 0 });
  });

  it('reports an entry as done only when every node is', async () => {
    works = [new HeldWork(), new HeldWork()];
    const take = new Take(intakeOf(), entryOf('a'), entryOf('b'));
    works[0]?.finish();
    works[0]?.finish();
    await later();
    expect(take.done).toEqual([]);
    works[1]?.finish();
    expect(take.done).toEqual([0]);
    expect(take.isOver).toBe(false);
    works[1]?.finish();
    await take.end;
    expect(take.done).toEqual([0, 1]);
  });

  it('is done at once with an event that no node and no handler takes', async () => {
    const take = new Take(intakeOf(), entryOf('a'));
    await take.end;
    expect(take.done).toEqual([0]);
  });

  it('leaves an event to the bus that a node could not finish, and takes it again later', async () => {
    works = [new HeldWork()];
    const intake = intakeOf();
    const take = new Take(intake, entryOf('a'));
    works[0]?.stop();
    await take.end;
    expect(take.done).toEqual([]);
    expect(ledger.counts(undefined)).toMatchObject({ received: 1, returned: 1, pending: 0 });
    works = [quickWork()];
    const again = new Take(intake, entryOf('a'));
    await again.end;
    expect(again.done).toEqual([0]);
    expect(works[0]?.names).toEqual(['a']);
  });

  describe('with an entry that is not an event', () => {
    it('keeps it as a dead letter as it was read, and is done with it', async () => {
      works = [quickWork()];
      const take = new Take(intakeOf(), unreadable(), entryOf('b'));
      await take.end;
      expect([...take.done].sort()).toEqual([0, 1]);
      expect(letters).toEqual([
        {
          event: expect.objectContaining({ id: '0-1', data: { position: '0-1', raw: 'Pw==' } }),
          reason: expect.stringMatching(/^unreadable: .*no JSON/),
          isRaw: true,
        },
      ]);
      expect(works[0]?.names).toEqual(['b']);
      expect(ledger.counts(undefined)).toMatchObject({ received: 2, settled: 1, deadLettered: 1, pending: 0 });
      expect(warnings).toEqual([expect.stringContaining('0-1 became a dead letter')]);
    });

    it('keeps one as a dead letter that the consumer has read too often', () => {
      intakeOf().bury(entryOf('a'), 'it ends the process');
      expect(letters).toMatchObject([{ reason: 'it ends the process', isRaw: true }]);
      expect(ledger.counts(undefined)).toMatchObject({ received: 1, deadLettered: 1 });
    });
  });

  describe('with an event that it knows', () => {
    it('does not process it again within the window, and is done with the entry', async () => {
      works = [quickWork()];
      const intake = intakeOf();
      await new Take(intake, entryOf('a', 'same')).end;
      const again = new Take(intake, entryOf('a', 'same'));
      await again.end;
      expect(again.done).toEqual([0]);
      expect(works[0]?.names).toEqual(['a']);
      expect(ledger.counts(undefined)).toMatchObject({ received: 2, settled: 1, duplicates: 1, pending: 0 });
    });

    it('processes it again after the window', async () => {
      works = [quickWork()];
      const intake = intakeOf({ dedupeWindowMs: 0 });
      await new Take(intake, entryOf('a', 'same')).end;
      await new Take(intake, entryOf('a', 'same')).end;
      expect(works[0]?.names).toEqual(['a', 'a']);
    });

    it('is done with the second entry when the first one is', async () => {
      works = [new HeldWork()];
      const take = new Take(intakeOf(), entryOf('a', 'same'), entryOf('a', 'same'));
      await later();
      expect(take.done).toEqual([]);
      works[0]?.finish();
      await take.end;
      expect(take.done).toEqual([0, 1]);
      expect(works[0]?.names).toEqual(['a']);
    });

    it('leaves both entries to the bus if the first one is not done', async () => {
      works = [new HeldWork()];
      const intake = intakeOf();
      const take = new Take(intake, entryOf('a', 'same'), entryOf('a', 'same'));
      await later();
      works[0]?.stop();
      await take.end;
      expect(take.done).toEqual([]);
      await intake.whenAtRest();
      expect(ledger.counts(undefined)).toMatchObject({ returned: 2, pending: 0 });
    });
  });

  describe('with handlers', () => {
    it('calls each one that wants the event, in its context, with a copy', async () => {
      const seen: unknown[] = [];
      const inContext = handler((event) => {
        seen.push(parts.scopes.view().get('user'), event.name);
        event.name = 'changed';
      });
      handlers = [
        inContext,
        inContext,
        handler(
          () => seen.push('unwanted'),
          (name) => name === 'other',
        ),
      ];
      await new Take(intakeOf(), entryOf('a', 'a', { context: { user: 'x' } })).end;
      expect(seen).toEqual(['x', 'a', 'x', 'a']);
    });

    it('is done with an entry only when the handler is', async () => {
      let end = (): void => undefined;
      handlers = [handler(() => new Promise<void>((resolve) => (end = resolve)))];
      works = [quickWork()];
      const take = new Take(intakeOf(), entryOf('a'));
      await later();
      expect(take.done).toEqual([]);
      end();
      await take.end;
      expect(take.done).toEqual([0]);
    });

    it('keeps an event as a dead letter that a handler has failed to take, and is done with it', async () => {
      handlers = [
        handler(() => {
          throw new Error('down');
        }),
      ];
      const take = new Take(intakeOf({ handlerAttempts: 1 }), entryOf('a'));
      await take.end;
      expect(letters).toEqual([
        {
          event: expect.objectContaining({ name: 'a', id: 'a' }),
          reason: expect.stringMatching(/^handler-failed: Reports\.on: .*down/),
          isRaw: undefined,
        },
      ]);
      expect(take.done).toEqual([0]);
      expect(ledger.counts(undefined)).toMatchObject({ settled: 0, deadLettered: 1, pending: 0 });
    });

    it('gives the event to the nodes although a handler fails', async () => {
      works = [quickWork()];
      handlers = [
        handler(() => {
          throw new Error('down');
        }),
      ];
      await new Take(intakeOf({ handlerAttempts: 1 }), entryOf('a')).end;
      expect(works[0]?.names).toEqual(['a']);
      expect(letters).toHaveLength(1);
    });

    it('does not wait for a handler that never returns once it is stopped, and leaves the entry to the bus', async () => {
      handlers = [handler(() => new Promise(() => undefined))];
      const intake = intakeOf();
      const take = new Take(intake, entryOf('a'));
      await later();
      intake.stop();
      await take.end;
      expect(take.done).toEqual([]);
      expect(ledger.counts(undefined)).toMatchObject({ returned: 1, pending: 0 });
    });
  });

  it('goes on if what the consumer does with a done entry fails', async () => {
    works = [quickWork()];
    const intake = intakeOf();
    await intake.take([entryOf('a'), entryOf('b')], () => {
      throw new Error('cannot acknowledge');
    });
    await intake.whenAtRest();
    expect(ledger.counts(undefined)).toMatchObject({ settled: 2, pending: 0 });
    expect(warnings[0]).toContain('cannot acknowledge');
  });

  it('is at rest when every entry is done or left to the bus', async () => {
    works = [new HeldWork()];
    const intake = intakeOf();
    await intake.whenAtRest();
    const take = new Take(intake, entryOf('a'), entryOf('b'));
    let isAtRest = false;
    const rest = intake.whenAtRest().then(() => (isAtRest = true));
    works[0]?.finish();
    await later();
    expect(isAtRest).toBe(false);
    works[0]?.finish();
    await rest;
    await take.end;
  });
});
