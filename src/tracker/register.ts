import { NodeLedger } from '../ledger/node-ledger';
import { assertBackend, assertProcessor } from '../routing/assert-instance';
import { sinkOf } from '../routing/grow-tree';
import { isNodeName, nodeNameError } from '../routing/node-name';
import { processorStep } from '../routing/processor-step';
import { RouteNode } from '../routing/route-node';
import { TrackingConfigException } from '../common/tracking-config.exception';
import { UnknownBackendException } from '../routing/unknown-backend.exception';
import { givenName } from './given-arguments';
import type { TrackerRuntime } from './tracker-runtime';

type Registry = Pick<TrackerRuntime, 'parts' | 'tree'>;

/** @throws UnknownBackendException if there is no backend at the path, with the existing paths */
export function findBackend({ parts, tree, isOff }: Registry & Pick<TrackerRuntime, 'isOff'>, path: unknown): object {
  const nodes = [...tree.nodes()];
  const found = nodes.find((node) => node.path === path);
  if (found !== undefined) return found.backend;
  const paths = nodes.map((node) => node.path);
  throw UnknownBackendException.create(parts.name, givenName(path), paths, isOff);
}

export function registerBackend(runtime: Registry, name: string, given: unknown): void {
  if (!isNodeName(name)) {
    throw TrackingConfigException.create([
      {
        path: 'registerBackend',
        what: nodeNameError(name),
        fix: "tracker.registerBackend('my-backend', instance)",
      },
    ]);
  }
  const place = `backends.${name} (registered)`;
  const instance = readable(place, () => {
    assertBackend(place, given);
    return given;
  });
  const { tree, parts } = runtime;
  const { notices, processing, deliveries } = parts;
  const ledger = new NodeLedger(name);
  const sink = sinkOf(instance, { path: name, place }, deliveries);
  tree.place(new RouteNode(name, instance, [], [], { place, ledger, notices, processing, sink }));
}

export function registerProcessor(runtime: Registry, given: unknown): void {
  const { notices, processing } = runtime.parts;
  const { root } = runtime.tree;
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
      { path: place, what: 'its methods cannot be read: a getter or proxy throws.', fix: 'register a plain instance' },
    ]);
  }
}
