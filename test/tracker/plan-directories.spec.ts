import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { Deliveries } from '../../src/delivery/deliveries';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import type { Destination } from '../../src/delivery/destination';
import { backend, type Backends } from '../../src/routing/description';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { planTree } from '../../src/routing/plan-tree';
import { directoriesOf } from '../../src/tracker/plan-directories';
import { LogLines } from './bare-runtime';

class Lrs implements Destination {
  sendBatch(): Promise<void> {
    return Promise.resolve();
  }
}

function directories(backends: Backends, defaults?: DeliveryOptions): string[] {
  const deliveries = new Deliveries('default', defaults, new LogLines().notices);
  return [...directoriesOf(planTree('default', { backends }), deliveries)];
}

describe('directoriesOf', () => {
  it('is empty if no delivery has a directory', () => {
    expect(directories({ lrs: backend(Lrs) })).toEqual([]);
  });

  it('collects the directories of destinations at every depth, each once', () => {
    const lrs = (directory: string) => backend(Lrs, undefined, { delivery: { directory } });
    expect(
      directories({ a: lrs('/one'), b: lrs('/one'), c: backend(RoutingBackend, {}, { backends: { d: lrs('/two') } }) }),
    ).toEqual(['/one', '/two']);
  });

  it('contains the default directory, for destinations that are registered later', () => {
    expect(directories({ memory: backend(MemoryBackend) }, { directory: '/default' })).toEqual(['/default']);
  });
});
