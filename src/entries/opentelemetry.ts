export { TrackingMetricsModule } from '../observability/opentelemetry/tracking-metrics.module';
export type { TrackingMetricsOptions } from '../observability/opentelemetry/tracking-metrics.module';
export { observeTracking } from '../observability/opentelemetry/observe-tracking';
export type { ObserveOptions } from '../observability/opentelemetry/observe-tracking';
