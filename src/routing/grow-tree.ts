import type { Notices } from '../common/notices';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { TrackerScopes } from '../context/tracker-scopes';
import type { Deliveries } from '../delivery/deliveries';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { isDestination } from '../delivery/destination';
import type { Normalizer } from '../event/normalizer';
import { NodeLedger } from '../ledger/node-ledger';
import { assertBackend } from './assert-instance';
import type { EnvelopeBackend, EventProcessor, Processor } from './contracts';
import { DestinationSink } from './destination-sink';
import type { NodeSettings } from './node-modules';
import { processorStep, type ProcessorStep } from './processor-step';
import type { Processing } from './processing';
import { QueuedBackend, type QueuedNodeParts } from './queued-backend';
import { asEnvelopeBackend, RouteNode } from './route-node';
import { RoutingBackend } from './routing.backend';
import type { BackendPlan, BuiltProcessor, ProcessorPlan, TreePlan } from './tree-plan';

export interface TreeHost {
  readonly notices: Notices;
  readonly processing: Processing;
  readonly deliveries: Deliveries;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  /** Name of the tracker. */
  readonly name: string;
}

/**
 * Creates the root of a tracker: a routing node without a name. It exists from the first moment;
 * its tree is built at start.
 */
export function rootNode({ notices, processing }: Pick<TreeHost, 'notices' | 'processing'>): RouteNode {
  const ledger = new NodeLedger('');
  return new RouteNode('', new RoutingBackend(), [], [], { place: 'the root', ledger, notices, processing });
}

/**
 * Joins the instances that Nest has built into a running tree.
 * @param find returns the instance for a token
 * @returns nodes replaced by backends that were registered before the start
 */
export function growTree(
  root: RouteNode,
  plan: TreePlan,
  find: (token: string) => unknown,
  off: NodeSettings['off'],
  host: TreeHost,
): RouteNode[] {
  return new TreeGrower(find, off, host).grow(root, plan);
}

/** Creates the nodes of one tree from the instances that Nest has built. */
class TreeGrower {
  constructor(
    private readonly find: (token: string) => unknown,
    private readonly off: NodeSettings['off'],
    private readonly host: TreeHost,
  ) {}

  /**
   * Backends registered before the start come after the tree, or replace a node of the same name in
   * its place.
   * @returns the replaced nodes
   */
  grow(root: RouteNode, { processors, backends }: TreePlan): RouteNode[] {
    root.steps.unshift(...this.stepsOf(processors, root.ledger));
    const registered = root.children.splice(0);
    if (backends.length > 0) root.reasonWithoutChildren = 'switched-off';
    for (const node of this.growAll(backends)) root.place(node);
    return registered.flatMap((node) => root.place(node) ?? []);
  }

  private growAll(plans: readonly BackendPlan[]): RouteNode[] {
    return plans.filter(({ token }) => !this.off.has(token)).map((plan) => this.node(plan));
  }

  private node(plan: BackendPlan): RouteNode {
    const { name, path, place, delivery } = plan;
    const { notices, processing, deliveries } = this.host;
    const backend = this.find(plan.token);
    assertBackend(place, backend);
    const children = this.growAll(plan.children);
    const ledger = new NodeLedger(path);
    const sink = sinkOf(backend, { path, place, delivery }, deliveries);
    const parts = { place, ledger, notices, processing, sink };
    if (backend instanceof QueuedBackend) {
      const { steps, work, attach } = this.queuedParts(backend, plan, ledger);
      const node = new RouteNode(name, backend, steps, children, { ...parts, queued: { backend, work } });
      attach(node);
      return node;
    }
    const node = new RouteNode(name, backend, this.stepsOf(plan.processors, ledger), children, parts);
    if (plan.children.length > 0) node.reasonWithoutChildren = 'switched-off';
    return node;
  }

  private queuedParts(backend: QueuedBackend, plan: BackendPlan, ledger: NodeLedger): QueuedNodeParts {
    const { path, place } = plan;
    const { deliveries, scopes, normalizer, processing, notices, name: tracker } = this.host;
    return backend.createNode({
      ...{ path, place, tracker, ledger, scopes, normalizer, processing, notices },
      processors: this.built(plan.processors),
      keepLetter: (of, event, reason, origin) => {
        deliveries.keepLetter(of, event, reason, origin);
      },
    });
  }

  private stepsOf(plans: readonly ProcessorPlan[], ledger: NodeLedger): ProcessorStep[] {
    const { notices, processing } = this.host;
    return this.built(plans).map(({ place, instance, settings }) => {
      const processor = instance as Processor | EventProcessor;
      return processorStep(processor, settings.onError, { place, ledger, notices, processing });
    });
  }

  /** Returns the processors that are switched on, with their instances. */
  private built(plans: readonly ProcessorPlan[]): BuiltProcessor[] {
    const { off, find } = this;
    return plans.filter(({ token }) => !off.has(token)).map((plan) => ({ ...plan, instance: find(plan.token) }));
  }
}

/** Returns the delivery of a destination or a queued node; undefined for other backends. */
export function sinkOf(
  backend: object,
  {
    path,
    place,
    delivery,
  }: { readonly path: string; readonly place: string; readonly delivery?: DeliveryOptions | undefined },
  deliveries: Deliveries,
): EnvelopeBackend | undefined {
  const queued = backend instanceof QueuedBackend ? backend : undefined;
  const destination = queued?.destination ?? (isDestination(backend) ? backend : undefined);
  if (destination === undefined || asEnvelopeBackend(backend) !== undefined) return undefined;
  const settings = deliveries.settingsFor(backend.constructor, delivery, queued?.queue.delivery);
  // Applies only to backends registered at run time: the directories of the tree are open by then.
  if (settings.durable && (settings.directory === undefined || !deliveries.hasDirectory(settings))) {
    const what = 'its delivery is durable, but has no directory that was open when it was registered.';
    throw TrackingConfigException.create([{ path: place, what, fix: DURABLE_FIX }]);
  }
  return new DestinationSink(deliveries.open(path, place, destination, settings));
}

const DURABLE_FIX =
  "TrackingModule.forRoot({ delivery: { directory: '/var/lib/my-app/tracking', durable: true } }), and register it " +
  'once the application has started';
