import { Module, type DynamicModule } from '@nestjs/common';
import { getTrackerToken } from '../../tracker/tokens';
import type { TrackerService } from '../../tracker/tracker.service';
import { observeTracking, type ObserveOptions } from './observe-tracking';

export interface TrackingMetricsOptions extends ObserveOptions {
  /** Of the tracker.  @default 'default' */
  readonly name?: string | undefined;
}

/**
 * Makes every figure of a tracker's ledger a metric of OpenTelemetry. Import it beside `TrackingModule.forRoot`; one for each
 * tracker. The SDK must be started before the application is created, as it must for everything else it observes.
 */
@Module({})
export class TrackingMetricsModule {
  static forRoot(options: TrackingMetricsOptions = {}): DynamicModule {
    const { name = 'default' } = options;
    return {
      module: TrackingMetricsModule,
      providers: [
        {
          provide: `TrackingMetrics(${name})`,
          inject: [getTrackerToken(name)],
          // When it is built, before anything is delivered. It is never ended: the last figures of an application are those
          // of its end, and whoever exports them does so after it has closed.
          useFactory: (tracker: TrackerService) => observeTracking(tracker.ledger, options),
        },
      ],
    };
  }
}
