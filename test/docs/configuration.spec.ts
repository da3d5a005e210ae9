/**
 * docs/reference/configuration.md quotes an exception: it is what an application with these errors
 * gets.
 */
import { backend, LoggerBackend, processor, RegexFilter, RoutingBackend, TrackingModule } from '../../src/entries';
import { Test } from '@nestjs/testing';
import { readPage } from './pages';

describe('The exception in docs/reference/configuration.md', () => {
  it('is the one that the application prints', async () => {
    const [, quoted = ''] = /^```\n(TrackingConfigException[^]*?)\n```$/m.exec(
      readPage('docs/reference/configuration.md'),
    ) ?? [undefined, ''];
    const start = Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({
          backends: {
            caliper: backend(
              RoutingBackend,
              {},
              {
                processors: [
                  processor(RegexFilter, {
                    filterType: 'allow' as 'allowlist',
                    regularExpressions: ['^edx\\.course\\.'],
                  }),
                ],
              },
            ),
            log: backend(LoggerBackend, { path: 'tracking.log', level: 'info' }),
          },
        }),
      ],
    }).compile();

    await expect(start).rejects.toThrow(quoted.replace('TrackingConfigException: ', ''));
  });
});
