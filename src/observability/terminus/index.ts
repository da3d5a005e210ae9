export { TrackingHealthIndicator } from './tracking-health.indicator';
export type { TrackingHealthDetails, TrackingHealthOptions } from './tracking-health.indicator';
