import { Envelope, OwnContext } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { withDefaults } from '../../src/event/value-limits';
import { EarlyEvents } from '../../src/tracker/early-events';
import { EmitConfirmation } from '../../src/tracker/emit-confirmation';

const normalizer = new Normalizer(withDefaults({}));
const refusal = { reason: 'it does not match', violations: [] };

function envelope(name: string, data: object = {}): Envelope {
  const context = new OwnContext({});
  return Envelope.of({ id: name, name, time: 0, context, data, depth: 0, parentId: undefined }, normalizer);
}

function earlyEvents(maxEvents = 3) {
  const dropped: string[][] = [];
  const passed: string[] = [];
  const early = new EarlyEvents(maxEvents, (reason, name, why) => dropped.push([reason, name, why]));
  const passAll = (): void => early.passAll(({ name }) => passed.push(name));
  return { early, dropped, passed, passAll };
}

/** True if the confirmation has nothing left to wait for. */
async function isSettled(confirmation: EmitConfirmation): Promise<boolean> {
  return Promise.race([confirmation.settled().then(() => true), new Promise<false>((end) => setImmediate(end, false))]);
}

describe('EarlyEvents', () => {
  it('passes on the events in the order in which they were emitted', () => {
    const { early, passed, passAll, dropped } = earlyEvents();
    for (const name of ['a', 'b', 'c']) early.keep(envelope(name), undefined, undefined);
    expect(early.count).toBe(3);
    passAll();
    expect(passed).toEqual(['a', 'b', 'c']);
    expect(dropped).toEqual([]);
  });

  it('passes on no event twice', () => {
    const { early, passed, passAll } = earlyEvents();
    early.keep(envelope('a'), undefined, undefined);
    passAll();
    passAll();
    expect(passed).toEqual(['a']);
    expect(early.count).toBe(0);
  });

  it('passes on the confirmation and the refusal of an event', () => {
    const { early } = earlyEvents();
    const confirmation = new EmitConfirmation();
    early.keep(envelope('a'), confirmation, refusal);
    const pass = jest.fn();
    early.passAll(pass);
    expect(pass).toHaveBeenCalledWith(expect.any(Envelope), confirmation, refusal);
  });

  it('keeps the data as it was when the event was emitted', () => {
    const { early } = earlyEvents();
    const data = { answer: 1 };
    early.keep(envelope('a', data), undefined, undefined);
    data.answer = 2;
    early.passAll((event) => expect(event.data).toEqual({ answer: 1 }));
    expect.assertions(1);
  });

  it('drops events beyond the maximum, and keeps the first ones', () => {
    const { early, passed, passAll, dropped } = earlyEvents(1);
    early.keep(envelope('a'), undefined, undefined);
    early.keep(envelope('b'), undefined, undefined);
    expect(dropped).toEqual([['not-ready', 'b', 'more than 1 events were emitted before the application had started']]);
    passAll();
    expect(passed).toEqual(['a']);
  });

  it('keeps a confirmation waiting until its event is passed on', async () => {
    const { early, passAll } = earlyEvents();
    const [waiting, passed] = [new EmitConfirmation(), new EmitConfirmation()];
    early.keep(envelope('a'), waiting, undefined);
    early.keep(envelope('b'), passed, undefined);
    expect(await isSettled(waiting)).toBe(false);
    passAll();
    expect(await isSettled(passed)).toBe(true);
  });

  it('lets no confirmation wait for an event beyond the maximum', async () => {
    const { early } = earlyEvents(0);
    const confirmation = new EmitConfirmation();
    early.keep(envelope('a'), confirmation, undefined);
    expect(await isSettled(confirmation)).toBe(true);
  });

  it('drops all events if the application closes first, and ends their confirmations', async () => {
    const { early, dropped } = earlyEvents();
    const confirmation = new EmitConfirmation();
    early.keep(envelope('a'), confirmation, undefined);
    early.keep(envelope('b'), undefined, undefined);
    early.dropAll();
    expect(dropped).toEqual([
      ['not-ready', 'a', 'the application closed before it had started'],
      ['not-ready', 'b', 'the application closed before it had started'],
    ]);
    expect(early.count).toBe(0);
    expect(await isSettled(confirmation)).toBe(true);
  });

  it('passes the confirmation of an event to the code that drops it', () => {
    const drop = jest.fn();
    const early = new EarlyEvents(1, drop);
    const [kept, beyond] = [new EmitConfirmation(), new EmitConfirmation()];
    early.keep(envelope('a'), kept, undefined);
    early.keep(envelope('b'), beyond, undefined);
    early.dropAll();
    expect(drop.mock.calls.map(([, name, , confirmation]: unknown[]) => [name, confirmation])).toEqual([
      ['b', beyond],
      ['a', kept],
    ]);
  });
});
