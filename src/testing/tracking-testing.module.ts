import { Module, type DynamicModule, type LoggerService } from '@nestjs/common';
import type { RequestContextOptions } from '../context/request-context-options';
import type { Clock } from '../common/clock';
import type { PartialLimits } from '../event/normal-form';
import { MemoryBackend } from '../backends/memory/memory.backend';
import { backend, type Backends } from '../routing/description';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { DescribedTree } from '../routing/tree-plan';
import { TrackingModule, type TrackingModuleOptions } from '../module/tracking.module';
import type { TestedRuntimeOptions } from '../module/settings';
import { MEMORY_PATH } from './tracked-events';

export interface TrackingTestingOptions {
  /** The name of the tracker.  @default 'default' */
  readonly name?: string | undefined;
  /** Run before the events are kept.  @default [] */
  readonly processors?: DescribedTree['processors'];
  /** Backends beside `memory`, which keeps the events for the test.  @default {} */
  readonly backends?: Backends | undefined;
  /** Modules that the processors inject from.  @default [] */
  readonly imports?: DescribedTree['imports'];
  /** Tells the time of events: `fixedClock()`.  @default Date.now, also while the test has faked it */
  readonly clock?: Clock | undefined;
  /** Makes the ids of events: `fixedIds()`.  @default UUIDv7 */
  readonly ids?: (() => string) | undefined;
  /** How many events `memory` keeps.  @default 100_000 */
  readonly maxEvents?: number | undefined;
  /** As in TrackingModule.  @default {} */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /** As in TrackingModule.  @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000 } */
  readonly limits?: PartialLimits | undefined;
  /** As in TrackingModule; see `expectNoViolations`.  @default none */
  readonly catalog?: TrackingModuleOptions['catalog'];
  /** As in TrackingModule, but keys that a definition does not declare are shown.  @default 'report' with a catalog */
  readonly validation?: TrackingModuleOptions['validation'];
  /** Where the module's own warnings go.  @default Nest's logger, context `Tracking` */
  readonly logger?: LoggerService | undefined;
}

/**
 * TrackingModule for unit tests: the tracker injects anywhere, @TrackEvent and @TrackingContext act, and events go to memory,
 * where `events(module)` reads them. The module need not be started: events arrive from `compile()` on. Each module has a tracker
 * of its own; nothing is shared between tests.
 */
@Module({})
export class TrackingTestingModule {
  /** @throws TrackingConfigException if a backend of `options` takes the name `memory`; for all else when it is compiled */
  static forRoot(options: TrackingTestingOptions = {}): DynamicModule {
    // Not `Date.now` itself: a test that fakes the clock puts another function in its place.
    const { backends = {}, clock = () => Date.now(), ids, maxEvents = 100_000, ...others } = options;
    if (Object.hasOwn(backends, MEMORY_PATH)) throw memoryTaken();
    const tested: TrackingModuleOptions & TestedRuntimeOptions = {
      ...others,
      ...(others.catalog !== undefined && { validation: showingKeys(others.validation) }),
      backends: { ...backends, [MEMORY_PATH]: backend(MemoryBackend, { maxEvents }) },
      clock,
      ids: ids && { next: ids },
      startsWhenBuilt: true,
    };
    const tracking = TrackingModule.forRoot(tested);
    return { module: TrackingTestingModule, global: true, imports: [tracking], exports: [tracking] };
  }
}

/** Which field is wrong must be told in a test, where the data is nobody's. */
function showingKeys(validation: TrackingModuleOptions['validation']): TrackingModuleOptions['validation'] {
  if (validation === undefined) return { showKeys: true };
  if (typeof validation === 'object') return { showKeys: true, ...validation };
  return { mode: validation, showKeys: true };
}

function memoryTaken(): TrackingConfigException {
  return TrackingConfigException.create([
    {
      path: `backends.${MEMORY_PATH}`,
      what: 'TrackingTestingModule keeps the events for the test under this name.',
      fix: 'give the backend another name; maxEvents of the module says how many events are kept',
    },
  ]);
}
