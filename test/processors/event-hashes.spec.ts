import fc from 'fast-check';
import { processor } from '../../src/entries';
import { EventHashes, MAX_HASHES } from '../../src/processors/event-hashes';
import { Pseudonyms } from '../../src/processors/pseudonyms';
import { Redact } from '../../src/processors/redact';
import { startTwoBranches, type TwoBranches } from '../support/two-branches';

const hash = { keys: { k1: 'a secret of 32 characters, or so' }, current: 'k1' };
const start = (): Promise<TwoBranches> =>
  startTwoBranches([processor(Redact, { paths: ['data.*', 'context.*'], action: { hash } })]);
const fields = (count: number, value: (at: number) => unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${String(at)}`, value(at)]));
const hashed = (event: { readonly data: object } | undefined): unknown[] =>
  Object.values(event?.data ?? {}).filter((value) => String(value).startsWith('k1:'));

describe('The values of one event that are hashed', () => {
  it('are bounded: the others are masked, counted, and logged once', async () => {
    const run = await start();
    for (let round = 1; round <= 2; round++) {
      const event = run.emit(
        'e',
        fields(MAX_HASHES + 50, (at) => at),
      );
      expect(hashed(event)).toHaveLength(MAX_HASHES);
      expect(Object.values(event?.data ?? {}).filter((value) => value === '[redacted]')).toHaveLength(50);
      expect(run.run.ledger.tracker().replaced).toEqual({ 'not-hashed': 50 * round });
    }
    expect(run.warnings.filter((warning) => warning.includes('not-hashed'))).toHaveLength(1);
  });

  it('share the bound between context and data, and another event has a bound of its own', async () => {
    const run = await start();
    const event = run.emit(
      'e',
      fields(600, (at) => `data ${String(at)}`),
      fields(600, (at) => `context ${String(at)}`),
    );
    expect(hashed(event)).toHaveLength(400);
    expect(
      hashed(
        run.emit(
          'e',
          fields(600, (at) => at),
        ),
      ),
    ).toHaveLength(600);
  });

  it('are counted for each event, also where events share a context', async () => {
    const run = await start();
    const context = fields(MAX_HASHES + 50, (at) => `context ${String(at)}`);
    run.run.tracker.context(context, () => {
      for (let event = 0; event < 3; event++) run.run.tracker.emit('e');
    });
    expect(run.run.ledger.tracker().replaced).toEqual({ 'not-hashed': 3 * 50 });
  });

  it('count once if they are equal, however often they stand in the event', async () => {
    const run = await start();
    const event = run.emit(
      'e',
      fields(5000, (at) => at % MAX_HASHES),
    );
    expect(hashed(event)).toHaveLength(5000);
    expect(run.run.ledger.tracker().replaced).toEqual({});
  });

  it('are all masked beyond the bound, objects and long strings included', async () => {
    const run = await start();
    const last = {
      object: { secret: 1 },
      list: ['secret'],
      text: 'secret'.repeat(5000),
      date: new Date(0),
      none: null,
    };
    const event = run.emit('e', { ...fields(MAX_HASHES, (at) => at), ...last });
    expect(event?.data).toMatchObject({
      object: '[redacted]',
      list: '[redacted]',
      text: '[redacted]',
      date: '[redacted]',
      none: null,
    });
  });

  it('have the bound back after code of the application has emitted in between', async () => {
    let isInside = false;
    const when = (path: string): boolean => {
      if (path === 'data.trigger' && !isInside) {
        isInside = true;
        run.run.tracker.emit('inner', { one: fields(MAX_HASHES, (at) => `inner ${String(at)}`), trigger: 1 });
      }
      return false;
    };
    const run = await startTwoBranches([
      processor(Redact, { paths: ['data.one.*', 'data.two.*'], when, action: { hash } }),
    ]);
    const two = fields(600, (at) => `two ${String(at)}`);
    run.run.tracker.emit('outer', { one: fields(600, (at) => at), trigger: 1, two });

    const parts = new Map(run.events.map(({ name, data }) => [name, data as Record<string, object>]));
    expect(hashed({ data: parts.get('inner')?.['one'] ?? {} })).toHaveLength(MAX_HASHES);
    expect(hashed({ data: parts.get('outer')?.['one'] ?? {} })).toHaveLength(600);
    expect(hashed({ data: parts.get('outer')?.['two'] ?? {} })).toHaveLength(400);
  });

  it('have the bound back after a failure', () => {
    const hashes = new EventHashes(new Pseudonyms(hash), '[redacted]');
    const envelope = { reportReplaced: () => undefined } as never;
    const failing = (): never => {
      for (let at = 0; at <= MAX_HASHES; at++) hashes.of(at);
      throw new Error('no');
    };
    expect(() => hashes.inEvent(envelope, failing)).toThrow('no');
    expect(hashes.inEvent(envelope, () => hashes.of(1))).toBe(new Pseudonyms(hash).of(1));
  });

  it('are what Redact.hashes gives, whatever the values are', () => {
    const hashes = new EventHashes(new Pseudonyms(hash), '[redacted]');
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.date({ noInvalidDate: true }), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), (values) => {
        const made = hashes.inEvent({} as never, () => values.map((each) => hashes.of(each)));
        expect(made).toEqual(values.map((each) => Redact.hashes(each, hash)[0]));
      }),
    );
  });
});
