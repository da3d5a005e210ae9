import { type SegmentBackendOptions } from '../../../src/entries/segment';
import { deliveredEvents } from '../../support/delivered-events';
import { NEVER, backendOf, lastBody, sink } from './segment-parts';

describe('SegmentBackend', () => {
  describe('given an event without a user', () => {
    const nobody = deliveredEvents(1, () => ({ context: { session: 's1' } }))[0]!;

    it('refuses it as no-user before it is queued, whatever value replaces the id', () => {
      const backend = backendOf();
      for (const context of [{}, { user_id: null }, { user_id: undefined }, { user_id: '' }]) {
        expect(backend.refuses({ ...nobody, context })).toBe('no-user');
      }
      for (const user_id of [0, false, 'abc', ' ']) {
        expect(backend.refuses({ ...nobody, context: { user_id } })).toBeUndefined();
      }
    });

    it('rejects it as no-user if it is still passed to sendBatch, and sends the others', async () => {
      const [first, last] = deliveredEvents(2);
      expect(await backendOf().sendBatch([first!, { ...nobody, id: 'n' }, last!], NEVER)).toEqual([
        { index: 1, reason: 'no-user', retryable: false },
      ]);
      expect([...sink.taken.keys()]).toEqual([first?.id, last?.id]);
    });

    it('sends it under the id that anonymousId returns, also next to the id of a known user', async () => {
      const backend = backendOf({ anonymousId: ({ context }) => context['session'] as string | undefined });
      expect(backend.refuses(nobody)).toBeUndefined();
      expect(backend.refuses({ ...nobody, context: {} })).toBe('no-user');
      const somebody = { ...nobody, id: 'u', context: { session: 's2', user_id: 5 } };
      expect(await backend.sendBatch([nobody, somebody], NEVER)).toEqual([]);
      expect(lastBody().batch).toMatchObject([{ anonymousId: 's1' }, { anonymousId: 's2', userId: '5' }]);
      expect(lastBody().batch[0]).not.toHaveProperty('userId');
    });

    it('sends an event with an empty user id under the anonymous id only, and rejects an event without either', async () => {
      const backend = backendOf({ anonymousId: ({ context }) => context['session'] as string | undefined });
      const visitor = { ...nobody, id: 'v', context: { session: 's3', user_id: '' } };
      const nameless = { ...nobody, id: 'x', context: { user_id: '' } };
      expect([visitor, nameless].map((event) => backend.refuses(event))).toEqual([undefined, 'no-user']);
      expect(await backend.sendBatch([nameless, visitor], NEVER)).toEqual([
        { index: 0, reason: 'no-user', retryable: false },
      ]);
      expect(lastBody().batch).toHaveLength(1);
      expect(lastBody().batch[0]).toMatchObject({ anonymousId: 's3', messageId: 'v' });
      expect(lastBody().batch[0]).not.toHaveProperty('userId');
    });

    it.each([[''], [7], [null]])('treats %p from anonymousId as no id', (given) => {
      expect(backendOf({ anonymousId: () => given as never }).refuses(nobody)).toBe('no-user');
    });

    it('queues it when anonymousId fails, so that it becomes a dead letter, and sends the others', async () => {
      const anonymousId: SegmentBackendOptions['anonymousId'] = ({ context }) => {
        if (context['session'] === 's1') throw new TypeError('s1 is secret');
        return 'a';
      };
      const backend = backendOf({ anonymousId });
      expect(backend.refuses(nobody)).toBeUndefined();
      const rejections = await backend.sendBatch([nobody, deliveredEvents(1)[0]!], NEVER);
      expect(rejections).toEqual([{ index: 0, reason: 'anonymousId threw TypeError', retryable: false }]);
      expect(sink.taken.size).toBe(1);
    });
  });
});
