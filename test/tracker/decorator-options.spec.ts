import { Injectable } from '@nestjs/common';
import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

@Injectable()
class Orders {
  @TrackEvent('order.placed', { contxt: 'error', colour: 'red' } as object)
  place(): void {}

  @TrackEvent('order.cancelled', { on: 'failure' } as object)
  cancel(): void {}

  @TrackingContext({ a: 1 }, { nmae: 'refunds' } as object)
  refund(): void {}

  @TrackEvent('order.sent', { on: 'settled', data: () => ({}), context: undefined })
  @TrackingContext({ a: 1 }, { name: 'sending' })
  send(): void {}
}

@TrackingContext({ a: 1 }, { tracke: 'default' } as object)
class Whole {
  run(): void {}
}

describe('a decorator with wrong options', () => {
  it('is an error at start for every option, with the one that may be meant', async () => {
    const starting = startTracking({}, { providers: [Orders, Whole] });
    await expect(starting).rejects.toThrow(
      expect.objectContaining({
        name: 'TrackingConfigException',
        errors: [
          {
            path: 'Orders.cancel (@TrackEvent)',
            what: 'on is a string of 7 characters; expected "success", "error" or "settled".',
            fix: "@TrackEvent(..., { on: 'success' or 'error' or 'settled' })",
          },
          {
            path: 'Orders.place (@TrackEvent)',
            what: 'unknown option "contxt"; known options: data, context, tracker, on.',
            fix: 'did you mean context?',
          },
          {
            path: 'Orders.place (@TrackEvent)',
            what: 'unknown option "colour"; known options: data, context, tracker, on.',
            fix: expect.any(String) as string,
          },
          {
            path: 'Orders.refund (@TrackingContext)',
            what: 'unknown option "nmae"; known options: name, tracker.',
            fix: 'leave it out',
          },
          {
            path: 'Whole.run (@TrackingContext)',
            what: 'unknown option "tracke"; known options: name, tracker.',
            fix: 'did you mean tracker?',
          },
        ],
      }),
    );
  });
});
