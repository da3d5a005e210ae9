export { TrackingMetricsModule } from './tracking-metrics.module';
export type { TrackingMetricsOptions } from './tracking-metrics.module';
export { observeTracking } from './observe-tracking';
export type { ObserveOptions } from './observe-tracking';
