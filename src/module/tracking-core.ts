import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { TrackerPlan } from '../intake/tracker-plan';
import { decoratorErrors } from './decorator-errors';
import { EventHandlers } from '../intake/event-handlers';
import { giveTrackers } from './give-trackers';
import { noticeNoBackend } from './no-backend-notice';
import { trackerHasClosed, trackerHasStarted } from '../tracker/running-trackers';
import type { Settings } from './settings';
import type { TrackerRuntime } from '../tracker/tracker-runtime';
import { runtimeOf } from '../tracker/runtime-of';
import type { TrackerService } from '../tracker/tracker.service';

const SIGNAL_CHECK_MS = 1000;

/**
 * Starts and closes a tracker. Not global: the hooks of global modules run last, when the backends
 * are already closed.
 */
export abstract class TrackingCore
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  protected abstract readonly plan: TrackerPlan;
  private readonly runtime: TrackerRuntime;
  private signalCheck: NodeJS.Timeout | undefined;

  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly moduleRef: ModuleRef,
    private readonly container: ModulesContainer,
  ) {
    this.runtime = runtimeOf(tracker);
  }

  async onModuleInit(): Promise<void> {
    // Checks the results of factories; the classes were checked before anything was built.
    const errors = decoratorErrors(this.container);
    if (errors.length > 0) throw TrackingConfigException.create(errors);
    giveTrackers(this.container, this.tracker);
    trackerHasStarted(this.tracker, this.container);
    await this.runtime.prepare(this.plan);
    this.runtime.start(this.plan, (token) => this.moduleRef.get<unknown>(token, { strict: false }), this.settings.off);
    if (this.runtime.isOff) return;
    process.once('exit', this.onExit);
    await this.runtime.parts.deliveries.beginAdopting();
  }

  onApplicationBootstrap(): void {
    this.runtime.isServing = true;
    const { name, notices } = this.runtime.parts;
    if (!this.runtime.isOff) noticeNoBackend({ name, notices, root: this.runtime.tree.root }, this.plan);
    this.runtime.beginDocumenting();
    if (this.settings.options.role !== 'emitter') {
      const handlers = new EventHandlers(this.container, this.settings.notices);
      this.runtime.beginWork(() => handlers.current());
    }
    const options = this.runtime.tree.optionsToHoldNone();
    if (options.length === 0) return;
    // Delayed: an application context can enable its hooks only after it has started, and a script
    // has ended by then.
    this.signalCheck = setTimeout(() => {
      if (process.listenerCount('SIGTERM') > 0) return;
      this.settings.notices.warn(
        'nothing listens for SIGTERM, so events that are still in memory are lost when the process is stopped by it. ' +
          `Fix: app.enableShutdownHooks() before app.listen(), or ${options.join(' and ')}.`,
      );
    }, SIGNAL_CHECK_MS).unref();
  }

  /**
   * Persists events in the first hook of the shutdown: requests in progress may take longer than
   * the process has.
   */
  onModuleDestroy(): void {
    this.runtime.persist();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.signalCheck);
    await this.runtime.close();
    trackerHasClosed(this.tracker);
    // Removed only now: a process that exits while it drains still writes the held events.
    process.removeListener('exit', this.onExit);
  }

  private readonly onExit = (): void => {
    this.runtime.flushSync();
  };
}
