export { TrackingHealthIndicator } from '../observability/terminus/tracking-health.indicator';
export type { TrackingHealthDetails, TrackingHealthOptions } from '../observability/terminus/tracking-health.indicator';
