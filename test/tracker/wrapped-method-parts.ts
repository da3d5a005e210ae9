import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';

/** Nothing but the decorators, so that it can be made in every way. */
export class Plain {
  @TrackEvent('called')
  @TrackingContext({ scope: 'plain' })
  call(text = 'given'): string {
    return text;
  }
}

export const called = expect.objectContaining({ name: 'called', context: expect.objectContaining({ scope: 'plain' }) });
