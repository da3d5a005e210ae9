import type { Deliveries } from '../delivery/deliveries';
import { isDestinationClass } from '../routing/class-kind';
import type { BackendPlan, TreePlan } from '../routing/tree-plan';

/** Collects the folders in which destinations of the tree keep events. */
export function directoriesOf(
  { backends }: Pick<TreePlan, 'backends'>,
  deliveries: Pick<Deliveries, 'settingsFor'>,
): Set<string> {
  const directories = new Set<string>();
  const visit = (node: BackendPlan): void => {
    const { directory } = deliveries.settingsFor(node.type, node.delivery);
    if (isDestinationClass(node.type) && directory !== undefined) directories.add(directory);
    node.children.forEach(visit);
  };
  backends.forEach(visit);
  // For destinations that are registered later.
  const { directory } = deliveries.settingsFor(undefined, undefined);
  if (directory !== undefined) directories.add(directory);
  return directories;
}
