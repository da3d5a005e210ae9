import { backend, MemoryBackend, TrackerService, TrackingModule } from 'nestjs-event-tracking';
import { Test } from '@nestjs/testing';

describe('The documented example', () => {
  it('gives three events the contexts of 10938, of 11111 with the session, and of 10938 again', async () => {
    const module = await Test.createTestingModule({
      imports: [TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } })],
    }).compile();
    const app = await module.init();
    const tracker = app.get(TrackerService);

    tracker.enterContext('outer', { user_id: 10938 });
    tracker.emit('navigation.request', { url: 'http://www.edx.org/some/path/1' });
    tracker.context({ user_id: 11111, session_id: '2987lkjdyoioey' }, () => {
      tracker.emit('navigation.request', { url: 'http://www.edx.org/some/path/2' });
    });
    tracker.emit('address.create', {
      name: 'foo',
      address: { postal_code: '90210', country: 'United States' },
    });

    const events = tracker.backend<MemoryBackend>('sink').events();
    await app.close();
    expect(events.map(({ name, context, data }) => ({ name, context, data }))).toEqual([
      { name: 'navigation.request', context: { user_id: 10938 }, data: { url: 'http://www.edx.org/some/path/1' } },
      {
        name: 'navigation.request',
        context: { user_id: 11111, session_id: '2987lkjdyoioey' },
        data: { url: 'http://www.edx.org/some/path/2' },
      },
      {
        name: 'address.create',
        context: { user_id: 10938 },
        data: { name: 'foo', address: { postal_code: '90210', country: 'United States' } },
      },
    ]);
  });
});
