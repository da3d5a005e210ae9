import { AsyncRoutingBackend } from '../backends/async-routing/async-routing.backend';
import type { QueueDescription } from '../backends/async-routing/async-routing-options';
import { backend, type BackendSurroundings } from '../routing/description';
import { showName } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { isOwnName } from './own-name';
import type { DescribeEngine } from './settings-engine';

/**
 * Creates the engine for the reference's AsyncRoutingBackend. Its processors run at emit, as in the
 * reference.
 * @param queue by default, a queue in this process
 */
export function asyncRouting(queue?: QueueDescription, imports?: BackendSurroundings['imports']): DescribeEngine {
  return (options, node) => {
    const read = new OptionReader(options, node);
    const name = read.text('backend_name');
    if (name !== undefined && !isOwnName(node.path, name)) {
      const what = `it is ${showName(name)}, and stands under another name: the reference queues such events and never delivers them.`;
      read.refuse('backend_name', what, 'leave it out: here a queue is addressed by its place');
    }
    read.done();
    return backend(AsyncRoutingBackend, { processIn: 'emitter', queue }, { imports });
  };
}
