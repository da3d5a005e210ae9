import { AsyncRoutingBackend } from '../queues/async-routing.backend';
import type { QueueDescription } from '../queues/async-routing-options';
import { backend, type BackendNodeOptions } from '../routing/description';
import { showName } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { isOwnName } from './own-name';
import type { DescribeOpenEdxNode } from './settings-engine';

/**
 * Creates the engine for the reference's AsyncRoutingBackend. Its processors run at emit, as in the
 * reference.
 * @param queue by default, a queue in this process
 */
export function asyncRouting(queue?: QueueDescription, imports?: BackendNodeOptions['imports']): DescribeOpenEdxNode {
  return (options, node) => {
    const read = new OptionReader(options, node);
    const name = read.text('backend_name');
    if (name !== undefined && !isOwnName(node.path, name)) {
      const what = `it is ${showName(name)}, but the node has another name: the reference queues such events and never delivers them.`;
      read.refuse('backend_name', what, 'leave it out: a queue is addressed by the path of its node');
    }
    read.done();
    return backend(AsyncRoutingBackend, { processIn: 'emitter', queue }, { imports });
  };
}
