import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { backend, MemoryBackend, TrackerService } from 'nestjs-event-tracking';
import { TestCase } from '../support/test-case';
import { until } from '../support/until';

interface ExpressResponse {
  write(chunk: string, callback: () => void): void;
  end(chunk: string, callback: () => void): void;
  on(event: 'finish' | 'close', listener: () => void): void;
}

type Handle = (request: unknown, response: ExpressResponse, next: () => void) => void;

interface ExpressApplication extends Handle {
  get(path: string, handle: Handle): void;
}

/** Creates an Express application, as another library may bring one. */
function expressApplication(): ExpressApplication {
  return new ExpressAdapter().getInstance<ExpressApplication>();
}

@Controller()
class PassingController {
  private readonly other = expressApplication();

  constructor(tracker: TrackerService) {
    this.other.get('/passed', (_request, response) => {
      response.on('finish', () => tracker.emit('on finish'));
      response.on('close', () => {
        tracker.emit('on close');
        void turn().then(() => tracker.emit('after close'));
      });
      response.write('[', () => tracker.emit('written'));
      response.end(']', () => tracker.emit('ended'));
    });
  }

  /** Called as a function: Express replaces the prototype, and does not restore it. */
  @Get('passed')
  passed(@Req() request: unknown, @Res() response: ExpressResponse): void {
    this.other(request, response, () => undefined);
  }
}

describe('A request that is passed on to another Express application', () => {
  it('keeps its context up to the last listener of its response, and ends with it', async () => {
    const run = await TestCase.of({ controllers: [PassingController] })
      .tracking({ requestContext: { afterResponse: 'drop' }, backends: { sink: backend(MemoryBackend) } })
      .start();
    await run.get('/passed');
    await until(() => run.events().length === 5);
    const paths = run.events().map(({ name, context }) => [name, context['path']]);
    expect(Object.fromEntries(paths)).toEqual({
      written: '/passed',
      ended: '/passed',
      'on finish': '/passed',
      'on close': '/passed',
      'after close': undefined,
    });
  });
});
