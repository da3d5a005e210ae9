export { SegmentBackend } from '../backends/segment/segment.backend';
export type { SegmentBackendOptions } from '../backends/segment/segment-options';
export type { SegmentClient, SegmentTrack } from '../backends/segment/segment-client';
