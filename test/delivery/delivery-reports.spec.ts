import { DeliveryReports } from '../../src/delivery/delivery-reports';
import { SendFailedException } from '../../src/delivery/destination';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { until } from '../support/until';
import { bareDelivery, closeBareDeliveries, type BareDelivery } from './bare-delivery';
import type { Gate } from './gate';

afterEach(closeBareDeliveries);

const TWICE = { batch: { maxWaitMs: 1 }, retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 1 } };
const notice = (why: string): string =>
  `an event became a dead letter (${why}). See TrackingDeadLetters. (Reported once; the ledger counts on.)`;

/** Sends an event to a destination that answers so. @returns the notices about dead letters */
async function noticesOf(behave: Gate['behave']): Promise<string[]> {
  const { delivery, gate, said, emit, counts }: BareDelivery = bareDelivery(TWICE);
  gate.behave = behave;
  emit('bad');
  await delivery.flush();
  await until(() => counts().deadLettered === 1);
  return said.filter((text) => text.includes('dead letter'));
}

describe('DeliveryReports, for a dead letter,', () => {
  it.each<[string, Gate['behave']]>([
    ['one event', () => Promise.resolve([{ index: 0, reason: 'answered 422', retryable: false }])],
    ['its batch', () => Promise.reject(SendFailedException.create({ reason: 'answered 422', retryable: false }))],
  ])('says the reason once when the destination refuses %s', async (_what, behave) => {
    expect(await noticesOf(behave)).toEqual([notice('refused: answered 422')]);
  });

  it.each<[string, Gate['behave'], RegExp]>([
    ['the destination fails', () => Promise.reject(new Error('socket hang up')), /^.*\(attempts; .*socket hang up\)/],
    [
      'the destination asks for a later attempt',
      () => Promise.resolve([{ index: 0, reason: 'busy', retryable: true }]),
      /\(attempts; busy\)/,
    ],
  ])('says the last error when %s too often', async (_what, behave, text) => {
    expect(await noticesOf(behave)).toEqual([expect.stringMatching(text)]);
  });

  it('says only the last error of an event that failed before it was refused', async () => {
    let attempts = 0;
    const behave: Gate['behave'] = () =>
      ++attempts === 1
        ? Promise.reject(new Error('socket hang up'))
        : Promise.resolve([{ index: 0, reason: 'no user', retryable: false }]);
    expect(await noticesOf(behave)).toEqual([notice('refused: no user')]);
  });

  it('says only the reason of an event that was never sent', () => {
    const said: string[] = [];
    new DeliveryReports({ say: (text) => said.push(text) }, resolveDelivery(), 'Gate').deadLetter('unreadable', '');
    expect(said).toEqual([notice('unreadable')]);
  });
});
