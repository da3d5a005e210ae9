import { NodeLedger } from '../delivery/node-ledger';
import type { Notices } from '../event/notices';
import type { Backend, EventProcessor, Processor } from './contracts';
import type { NodeSettings } from './node-modules';
import { processorStep, type ProcessorStep } from './processor-step';
import type { Processing } from './processing';
import { asEnvelopeBackend, RouteNode } from './route-node';
import { RoutingBackend } from './routing.backend';
import { showValue, TrackingConfigException, type ConfigFault } from './tracking-config.exception';
import type { BackendPlan, ProcessorPlan, TreePlan } from './tree-plan';

export interface TreeSurroundings {
  readonly notices: Notices;
  readonly processing: Processing;
}

/** The root of a tracker: a routing node without a name, there from the first moment, whose tree is grown at start. */
export function rootNode(surroundings: TreeSurroundings): RouteNode {
  return new RouteNode('', new RoutingBackend(), [], [], {
    ...surroundings,
    place: 'the root',
    ledger: new NodeLedger(''),
  });
}

/** Joins what Nest has built into a running tree. @param find the instance under a token */
export function growTree(
  root: RouteNode,
  plan: TreePlan,
  find: (token: string) => unknown,
  off: NodeSettings['off'],
  surroundings: TreeSurroundings,
): void {
  const steps = (processors: readonly ProcessorPlan[], ledger: NodeLedger): ProcessorStep[] =>
    processors
      .filter(({ token }) => !off.has(token))
      .map(({ token, place, onError }) =>
        processorStep(find(token) as Processor | EventProcessor, onError, { ...surroundings, place, ledger }),
      );
  const grow = (node: BackendPlan): RouteNode => {
    const { name, path, place, token } = node;
    const ledger = new NodeLedger(path);
    const backend = find(token);
    assertBackend(place, backend);
    const children = node.children.filter((child) => !off.has(child.token)).map(grow);
    return new RouteNode(name, backend, steps(node.processors, ledger), children, { ...surroundings, place, ledger });
  };
  root.steps.unshift(...steps(plan.processors, root.ledger));
  // What was registered before the start comes after the tree all the same, and in the place of what it replaces.
  const registered = root.children.splice(0);
  for (const node of plan.backends) if (!off.has(node.token)) root.place(grow(node));
  for (const node of registered) root.place(node);
}

/** What is registered at run time, or put in by `overrideProvider`, has not been seen by the plan. */
export function assertBackend(place: string, backend: unknown): asserts backend is Backend {
  const isObject = typeof backend === 'object' && backend !== null;
  if (isObject && (backend instanceof RoutingBackend || asEnvelopeBackend(backend) !== undefined)) return;
  if (isObject && typeof (backend as Partial<Backend>).send === 'function') return;
  throw configFault({
    path: place,
    what: `${showValue(backend)} has no send method, so no event could reach it.`,
    mend: 'give an instance with send(event), not a class',
  });
}

export function assertProcessor(place: string, processor: unknown): asserts processor is Processor | EventProcessor {
  if (typeof processor === 'function') return;
  if (
    typeof processor === 'object' &&
    processor !== null &&
    typeof (processor as Partial<EventProcessor>).process === 'function'
  )
    return;
  throw configFault({
    path: place,
    what: `${showValue(processor)} is neither a function nor an object with a process method.`,
    mend: 'give (event) => { ... }, or an instance with process(event)',
  });
}

function configFault(fault: ConfigFault): TrackingConfigException {
  return TrackingConfigException.create([fault]);
}
