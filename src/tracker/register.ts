import { NodeLedger } from '../ledger/node-ledger';
import { assertBackend, assertProcessor, sinkOf } from '../routing/grow-tree';
import { isNodeName, nodeNameFault } from '../routing/node-name';
import { processorStep } from '../routing/processor-step';
import { RouteNode } from '../routing/route-node';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { TrackerRuntime } from './tracker-runtime';

export function registerBackend(runtime: TrackerRuntime, name: string, given: unknown): void {
  if (!isNodeName(name)) {
    throw TrackingConfigException.create([
      {
        path: 'registerBackend',
        what: nodeNameFault(name),
        fix: "tracker.registerBackend('my-backend', instance)",
      },
    ]);
  }
  const place = `backends.${name} (registered)`;
  const instance = readable(place, () => {
    assertBackend(place, given);
    return given;
  });
  const { notices, processing, deliveries } = runtime;
  const ledger = new NodeLedger(name);
  const sink = sinkOf(instance, { path: name, place }, deliveries);
  runtime.place(new RouteNode(name, instance, [], [], { place, ledger, notices, processing, sink }));
}

export function registerProcessor(runtime: TrackerRuntime, given: unknown): void {
  const { root, notices, processing } = runtime;
  const place = `processors[${String(root.steps.length)}] (registered)`;
  const processor = readable(place, () => {
    assertProcessor(place, given);
    return given;
  });
  root.steps.push(processorStep(processor, 'skip', { place, ledger: root.ledger, notices, processing }));
}

/**
 * Runs a check on an application's instance, and turns an error of a getter or proxy into a
 * configuration error.
 */
function readable<Instance>(place: string, asserted: () => Instance): Instance {
  try {
    return asserted();
  } catch (error) {
    if (error instanceof TrackingConfigException) throw error;
    throw TrackingConfigException.create([
      { path: place, what: 'it cannot be read: asking it for its methods throws.', fix: 'give a plain instance' },
    ]);
  }
}
