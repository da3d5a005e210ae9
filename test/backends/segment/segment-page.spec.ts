import { Controller, Get } from '@nestjs/common';
import { backend, MemoryBackend, TrackerService } from 'nestjs-event-tracking';
import { segmentTrack } from '../../../src/backends/segment/segment-track';
import { platforms, TestCase } from '../../support/test-case';

@Controller('orders')
class OrdersController {
  constructor(private readonly tracker: TrackerService) {}

  @Get()
  list(): object {
    this.tracker.emit('orders.listed');
    return {};
  }
}

describe.each(platforms)('The page of a request over http on %s', (_platform, Adapter) => {
  async function pageUrl(
    fields: Record<string, (request: { protocol: string }) => string>,
  ): Promise<[string, unknown]> {
    const run = await TestCase.of({ controllers: [OrdersController] })
      .on(Adapter)
      .tracking({ requestContext: { fields }, backends: { sink: backend(MemoryBackend) } })
      .start();
    const address = `${await run.app.getUrl()}/orders`;
    await fetch(address);
    const { context } = segmentTrack(run.events()[0]!, 'visitor');
    return [address, (context['page'] as { url: unknown }).url];
  }

  it('has http in its url if the context carries the protocol', async () => {
    const [address, url] = await pageUrl({ protocol: ({ protocol }) => protocol });
    expect(url).toBe(address);
  });

  it('has https in its url otherwise, as in the reference', async () => {
    const [address, url] = await pageUrl({});
    expect(url).toBe(address.replace('http:', 'https:'));
  });
});
