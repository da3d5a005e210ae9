import type { Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef, type ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { Notices } from '../common/notices';
import type { TrackingEvent } from '../event/tracking-event';
import { describeError } from '../event/normal-form';
import type { EventHandler } from './handler-calls';
import { handlerMethods, type Wanted } from './on-tracking-event.decorator';

type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;
type Wrapper = NestModule extends { readonly providers: Map<unknown, infer Provider> } ? Provider : never;
type MethodOfEvent = (event: TrackingEvent) => unknown;

/**
 * Finds the methods with @OnTrackingEvent of one application.
 * Covers the instances that Nest created at start, modules that are loaded later, and classes that
 * Nest creates for each use. The last are created for each event, with the event as their REQUEST.
 */
export class EventHandlers {
  private readonly handlers: EventHandler[] = [];
  /**
   * Instances and per-event providers that were already examined, with or without handler methods.
   */
  private readonly seen = new Set<object>();
  private modulesSeen = 0;

  constructor(
    private readonly container: ModulesContainer,
    private readonly notices: Notices,
  ) {
    this.current();
  }

  current(): readonly EventHandler[] {
    const { size } = this.container;
    if (size !== this.modulesSeen && this.look()) this.modulesSeen = size;
    return this.handlers;
  }

  /**
   * Examines the providers and controllers that were not examined before.
   * @returns true if everything was examined; instances that do not exist yet are examined next
   * time
   */
  private look(): boolean {
    let isComplete = true;
    for (const module of this.container.values()) {
      for (const wrapper of [...module.providers.values(), ...module.controllers.values()]) {
        if (this.seen.has(wrapper) || wrapper.isAlias) continue;
        if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
          this.seen.add(wrapper);
          this.addMadeForEach(wrapper, module);
        } else if (wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved === true) {
          this.seen.add(wrapper);
          this.addInstance(wrapper.instance);
        } else {
          isComplete = false;
        }
      }
    }
    return isComplete;
  }

  private addInstance(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null || this.seen.has(instance)) return;
    this.seen.add(instance);
    try {
      const prototype = Object.getPrototypeOf(instance) as object;
      this.add(instance.constructor.name, prototype, () => instance);
    } catch {
      // A provider may be any value, including a proxy that throws.
    }
  }

  private addMadeForEach(wrapper: Wrapper, module: NestModule): void {
    const { metatype } = wrapper;
    const token = wrapper.token as string | symbol | Type<object>;
    // the return type of a factory is unknown
    if (typeof metatype !== 'function' || wrapper.isFactory) return;
    const prototype = metatype.prototype as object;
    if (handlerMethods(prototype).size === 0) return;
    const moduleRef = module.getProviderByKey<ModuleRef>(ModuleRef).instance;
    try {
      moduleRef.introspect(token);
    } catch (error) {
      this.notices.warn(
        `@OnTrackingEvent on ${metatype.name} is not called: Nest makes the class for each use, and does not find it (${describeError(error)}). ` +
          'Fix: put the method on a provider of the default scope.',
      );
      return;
    }
    this.add(metatype.name, prototype, async (event) => {
      const contextId = ContextIdFactory.getByRequest({ payload: event });
      moduleRef.registerRequestByContextId(event, contextId);
      return moduleRef.resolve<object>(token, contextId);
    });
  }

  private add(owner: string, prototype: object, instanceFor: (event: TrackingEvent) => object | Promise<object>): void {
    for (const [method, wanted] of handlerMethods(prototype)) {
      this.handlers.push({
        place: `${owner}.${String(method)}`,
        wants: (name) => isWanted(name, wanted),
        call: async (event) => {
          const instance = await instanceFor(event);
          return (instance as Record<string | symbol, MethodOfEvent | undefined>)[method]?.(event);
        },
      });
    }
  }
}

function isWanted(name: string, wanted: readonly Wanted[]): boolean {
  return wanted.some((each) => (typeof each === 'string' ? each === name : each.fits(name)));
}
