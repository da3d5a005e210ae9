import type { ModuleRef } from '@nestjs/core';
import type { EventCarrier } from './event-carrier';
import type { MisplacedOptions, OptionRules } from '../common/option-place';
import { anyOf, functionRule, oneOf, textList, value } from '../common/option-rules';
import { hasMethod } from '../common/value-kinds';
import { backendOptionChecker } from '../routing/backend-options';

/** Queue outside the process, described by `bullQueue()` of `nestjs-event-tracking/bull`. */
export interface QueueDescription {
  readonly kind: 'queue';
  /**
   * Creates the carrier of the queue.
   * @param isProcessed true if the processors run before the queue
   * @internal
   */
  open(moduleRef: ModuleRef, isProcessed: boolean): EventCarrier;
}

export interface AsyncRoutingBackendOptions {
  /** Queue that carries the events to a worker.  @default a queue in this process */
  readonly queue?: QueueDescription | undefined;
  /**
   * Where the node's processors run: 'worker' behind the queue, 'emitter' inside `emit`, like the
   * reference. An AsyncProcessor can run only behind the queue.
   * @default 'worker'
   */
  readonly processIn?: 'worker' | 'emitter' | undefined;
  /**
   * Selects the wanted events before the queue: exact names, or a function of the name, which must
   * be fast and must not throw. RegexFilter and NameAllowlist also run before the queue if they
   * come first in the processors.
   * @default all events
   */
  readonly when?: readonly string[] | ((name: string) => boolean) | undefined;
}

const NAME_FIX = 'leave it out: the path of the node is its name';
/** Options of the reference's backend. */
const MISPLACED: MisplacedOptions = { backend_name: NAME_FIX, backendName: NAME_FIX };

const RULES: OptionRules<AsyncRoutingBackendOptions> = {
  queue: value('a queue', (queue) => hasMethod(queue, 'open'), {
    fix: "queue: bullQueue('tracking') of nestjs-event-tracking/bull, with { imports: [BullModule.registerQueue({ name: 'tracking' })] }; or leave it out for a queue in this process",
  }),
  processIn: oneOf(['worker', 'emitter'], { fix: "processIn: 'worker'" }),
  when: anyOf([textList({ expected: 'a list of names' }), functionRule()], {
    fix: "when: ['edx.course.enrollment.activated'], or when: (name) => name.startsWith('edx.')",
  }),
};

/** Checks the options of an AsyncRoutingBackend. @throws TrackingConfigException with all errors */
export function checkAsyncRoutingOptions(options: AsyncRoutingBackendOptions): void {
  const example = 'backend(AsyncRoutingBackend, {}, { processors, backends })';
  const check = backendOptionChecker('AsyncRoutingBackend', example, MISPLACED);
  check.read(options, RULES);
  check.throwIfAny();
}
