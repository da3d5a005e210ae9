export { SegmentBackend } from './segment.backend';
export type { SegmentBackendOptions } from './segment-options';
export type { SegmentClient, SegmentTrack } from './segment-client';
