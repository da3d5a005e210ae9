import type { ModuleRef } from '@nestjs/core';
import type { EventCarrier } from '../../routing/queued-routing';
import {
  showChoice,
  showOption,
  showValue,
  TrackingConfigException,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';

/** Queue described by `bullQueue()` of `nestjs-event-tracking/bull`, or a similar one. */
export interface QueueDescription {
  readonly kind: 'queue';
  /**
   * Creates the carrier of the queue.
   * @param isProcessed true if the processors run before the queue
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

/** Validates the options. @throws TrackingConfigException with all errors */
export function checkAsyncRoutingOptions(options: unknown): void {
  const faults: ConfigError[] = [];
  const fault = (what: string, fix: string): void => {
    faults.push({ path: 'AsyncRoutingBackend', what, fix });
  };
  if (typeof options !== 'object' || options === null) {
    throw TrackingConfigException.create([
      {
        path: 'AsyncRoutingBackend',
        what: `its options are ${showValue(options)}, not an object.`,
        fix: 'backend(AsyncRoutingBackend, {}, { processors, backends })',
      },
    ]);
  }
  const { queue, processIn, when, ...others } = options as Record<string, unknown>;
  if (queue !== undefined && !isQueueDescription(queue)) {
    fault(
      `queue is ${showValue(queue)}, not a queue.`,
      "queue: bullQueue('tracking') of nestjs-event-tracking/bull, with { imports: [BullModule.registerQueue({ name: 'tracking' })] }; or leave it out for a queue in this process",
    );
  }
  if (processIn !== undefined && processIn !== 'worker' && processIn !== 'emitter')
    fault(
      `processIn is ${showChoice(processIn, ['worker', 'emitter'])}; it can be "worker" or "emitter".`,
      "processIn: 'worker'",
    );
  const isList = Array.isArray(when) && when.every((name) => typeof name === 'string');
  if (when !== undefined && typeof when !== 'function' && !isList) {
    fault(
      `when is ${showValue(when)}, neither a list of names nor a function.`,
      "when: ['edx.course.enrollment.activated'], or when: (name) => name.startsWith('edx.')",
    );
  }
  for (const key of Object.keys(others)) {
    fault(
      `there is no option ${showOption(key, ['queue', 'processIn', 'when'])}; known are queue, processIn, when.`,
      key === 'backend_name' || key === 'backendName'
        ? 'leave it out: the path of the node is its name'
        : unknownBackendOptionFix(key, ['queue', 'processIn', 'when']),
    );
  }
  if (faults.length > 0) throw TrackingConfigException.create(faults);
}

function isQueueDescription(queue: unknown): queue is QueueDescription {
  return typeof queue === 'object' && queue !== null && typeof (queue as Partial<QueueDescription>).open === 'function';
}
