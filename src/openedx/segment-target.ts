import { segmentFaults, type SegmentBackendOptions } from '../backends/segment/segment-options';
import { SegmentBackend } from '../backends/segment/segment.backend';
import { backend } from '../routing/description';
import { TrackingConfigException, type ConfigFault } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { at } from './setting-path';
import type { DescribeEngine } from './settings-engine';

const EXAMPLE = 'backendsFromSettings(settings, {}, { segment: { writeKey: process.env.SEGMENT_WRITE_KEY } })';

/**
 * The reference's backend has no options: its client library is told the write key elsewhere, by the platform. So it comes with
 * the application.
 * @param given what the application says, judged whether the settings have such a backend or not
 */
export function segmentTo(given: unknown, faults: ConfigFault[]): DescribeEngine {
  if (given !== undefined) faults.push(...segmentFaults(given).map((fault) => ({ ...fault, path: 'options.segment' })));
  return (options, node) => {
    new OptionReader(options, node).done();
    if (given !== undefined) return backend(SegmentBackend, given as SegmentBackendOptions);
    const what = `${node.engine} needs a write key, which these settings do not have.`;
    throw TrackingConfigException.create([{ path: at(node.path, 'ENGINE'), what, mend: EXAMPLE }]);
  };
}
