import { Module, type DynamicModule, type LoggerService } from '@nestjs/common';
import type { RequestContextOptions } from '../context/request-context-options';
import type { TrackingClock } from '../common/clock';
import type { PartialLimits } from '../event/normal-form';
import { MemoryBackend } from '../backends/memory/memory.backend';
import { backend, type Backends } from '../routing/description';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { DescribedTracker } from '../intake/tracker-plan';
import { TrackingModule, type TrackingModuleOptions } from '../module/tracking.module';
import type { TestedRuntimeOptions } from '../module/tracking-options';
import { MEMORY_PATH } from './tracked-events';

export interface TrackingTestingOptions {
  /** Name of the tracker.  @default 'default' */
  readonly name?: string | undefined;
  /** Processors that run before the events are stored.  @default [] */
  readonly processors?: DescribedTracker['processors'];
  /** Backends in addition to `memory`, which stores the events for the test.  @default {} */
  readonly backends?: Backends | undefined;
  /** Modules whose providers the processors inject.  @default [] */
  readonly imports?: DescribedTracker['imports'];
  /**
   * Clock for event timestamps, such as `fixedClock()`.
   * @default Date.now, including a faked one
   */
  readonly clock?: TrackingClock | undefined;
  /** Generator of event ids, such as `fixedIds()`.  @default UUIDv7 */
  readonly ids?: (() => string) | undefined;
  /** Maximum number of events stored by `memory`.  @default 100_000 */
  readonly maxEvents?: number | undefined;
  /** As in TrackingModule.  @default {} */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /**
   * As in TrackingModule.
   * @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000 }
   */
  readonly limits?: PartialLimits | undefined;
  /** As in TrackingModule; see `expectNoViolations`.  @default none */
  readonly catalog?: TrackingModuleOptions['catalog'];
  /**
   * Validation as in TrackingModule, except that undeclared keys are shown.
   * @default 'report' with a catalog
   */
  readonly validation?: TrackingModuleOptions['validation'];
  /** Logger for the warnings of the module.  @default Nest's logger, context `Tracking` */
  readonly logger?: LoggerService | undefined;
}

/**
 * TrackingModule for unit tests. The tracker can be injected anywhere, @TrackEvent and
 * @TrackingContext work, and events are stored in memory, where `events(module)` reads them. Events
 * are stored as soon as `compile()` resolves; `init()` is not needed. Each module has a separate
 * tracker, so tests share nothing.
 */
@Module({})
export class TrackingTestingModule {
  /**
   * Creates the module. Other configuration errors are thrown when it is compiled.
   * @throws TrackingConfigException if a backend of `options` is named `memory`
   */
  static forRoot(options: TrackingTestingOptions = {}): DynamicModule {
    // Reads `Date.now` on each call, because a test that fakes the clock replaces the function.
    const { backends = {}, clock = () => Date.now(), ids, maxEvents = 100_000, ...others } = options;
    if (Object.hasOwn(backends, MEMORY_PATH)) throw memoryTaken();
    const tested: TrackingModuleOptions & TestedRuntimeOptions = {
      ...others,
      ...(others.catalog !== undefined && { validation: showingKeys(others.validation) }),
      backends: { ...backends, [MEMORY_PATH]: backend(MemoryBackend, { maxEvents }) },
      clock,
      ids: ids && { next: ids },
      startsWhenBuilt: true,
      ignoresOutbox: true,
    };
    const tracking = TrackingModule.forRoot(tested);
    return { module: TrackingTestingModule, global: true, imports: [tracking], exports: [tracking] };
  }
}

/** Shows the names of undeclared fields: test data is not personal. */
function showingKeys(validation: TrackingModuleOptions['validation']): TrackingModuleOptions['validation'] {
  if (validation === undefined) return { showKeys: true };
  if (typeof validation === 'object') return { showKeys: true, ...validation };
  return { mode: validation, showKeys: true };
}

function memoryTaken(): TrackingConfigException {
  return TrackingConfigException.create([
    {
      path: `backends.${MEMORY_PATH}`,
      what: 'TrackingTestingModule stores the events of the test under this name.',
      fix: 'give the backend another name; maxEvents of the module limits how many events are stored',
    },
  ]);
}
