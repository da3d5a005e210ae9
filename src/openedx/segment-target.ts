import { segmentErrors, type SegmentBackendOptions } from '../backends/segment/segment-options';
import { SegmentBackend } from '../backends/segment/segment.backend';
import { backend } from '../routing/description';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { at } from './setting-path';
import type { DescribeOpenEdxNode } from './settings-engine';

const EXAMPLE = 'backendsFromSettings(settings, {}, { segment: { writeKey: process.env.SEGMENT_WRITE_KEY } })';

/**
 * Creates the engine for the reference's SegmentBackend. That backend has no options, because the
 * platform passes the write key to its client library elsewhere. Here the application provides the
 * options.
 * @param given options from the application, validated even if the settings contain no such backend
 */
export function segmentTo(given: unknown, errors: ConfigError[]): DescribeOpenEdxNode {
  if (given !== undefined)
    errors.push(
      ...segmentErrors(given as SegmentBackendOptions).map((error) => ({ ...error, path: 'options.segment' })),
    );
  return (options, node) => {
    new OptionReader(options, node).done();
    if (given !== undefined) return backend(SegmentBackend, given as SegmentBackendOptions);
    const what = `${node.engine} needs a write key, which these settings do not have.`;
    throw TrackingConfigException.create([{ path: at(node.path, 'ENGINE'), what, fix: EXAMPLE }]);
  };
}
