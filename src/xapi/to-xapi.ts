import { readCatalog } from '../catalog/catalog';
import { XapiConverter } from './converter';
import type { LearningEvent } from './learning-event';
import type { Statement } from './statement';
import { checkXapiOptions } from './check-xapi-options';
import type { XapiOptions } from './xapi-options';

/**
 * Returns a function that makes xAPI statements of events: usually one, several for a problem with
 * several questions, and none for an event without a row or a definition that has `xapi`.
 * @throws TrackingConfigException with all errors in the options; the returned function throws
 *   LearningMappingException for an event that lacks what its row needs
 */
export function toXapi(options: XapiOptions): (event: LearningEvent) => Statement[] {
  checkXapiOptions(options);
  const { actor = (_event, user) => user, courseName = () => undefined, catalog, ...mapping } = options;
  const definitions = catalog && readCatalog(catalog).events;
  const converter = new XapiConverter(mapping, { actor, courseName }, definitions);
  return (event) => converter.statements(event);
}
