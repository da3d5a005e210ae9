import { Module, type DynamicModule } from '@nestjs/common';
import { getTrackerToken } from '../../tracker/tokens';
import type { TrackerService } from '../../tracker/tracker.service';
import { observeTracking, type ObserveOptions } from './observe-tracking';

export interface TrackingMetricsOptions extends ObserveOptions {
  /** Name of the tracker.  @default 'default' */
  readonly name?: string | undefined;
}

/**
 * Exports every counter of a tracker's ledger as an OpenTelemetry metric. Import it next to
 * `TrackingModule.forRoot`, once for each tracker. Start the OpenTelemetry SDK before the
 * application is created.
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
          // Starts when the provider is built, before any delivery. It never stops: the SDK exports
          // the final counters after the application has closed.
          useFactory: (tracker: TrackerService) => observeTracking(tracker.ledger, options),
        },
      ],
    };
  }
}
