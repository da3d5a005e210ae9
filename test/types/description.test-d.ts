/**
 * Compiled by `tsc --noEmit`, never run: what `backend()` and `processor()` take, and what they
 * refuse.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
  backend,
  InjectOptions,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackingModule,
  type Backend,
  type BackendDescription,
  type EventProcessor,
  type TrackingEvent,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import type { ProcessorResult } from 'nestjs-event-tracking/types';

class Config {
  get(name: string): string {
    return name;
  }
}

interface LrsOptions {
  readonly url: string;
  readonly retry?: { readonly attempts: number } | undefined;
}

class LrsBackend implements Backend {
  constructor(
    @InjectOptions() readonly options: LrsOptions,
    readonly config: Config,
  ) {}

  send(event: TrackingEvent): void {
    event.name satisfies string;
  }
}

/** Options that nobody else may see are still known: they are the first parameter. */
class PrivateBackend implements Backend {
  constructor(@InjectOptions() private readonly options: LrsOptions) {}

  send(): void {
    this.options;
  }
}

class BareBackend implements Backend {
  send(): void {}
}

@Injectable()
class Redact implements EventProcessor {
  constructor(@InjectOptions() private readonly options: { readonly fields: readonly string[] }) {}

  process(event: TrackingEvent): ProcessorResult {
    for (const field of this.options.fields) Reflect.deleteProperty(event.data, field);
  }
}

export const options = [
  backend(LrsBackend, { url: 'https://lrs' }),
  backend(LrsBackend, { url: 'https://lrs', retry: { attempts: 3 } }),
  backend(LrsBackend, { url: 'https://lrs', retry: undefined }),
  // @ts-expect-error a wrong type
  backend(LrsBackend, { url: 7 }),
  // @ts-expect-error a wrong type, two levels deep
  backend(LrsBackend, { url: 'https://lrs', retry: { attempts: '3' } }),
  // @ts-expect-error an option that the class does not know
  backend(LrsBackend, { url: 'https://lrs', urls: [] }),
  // @ts-expect-error an option is missing
  backend(LrsBackend, {}),

  backend(PrivateBackend, { url: 'https://lrs' }),
  // @ts-expect-error a wrong type, of options that are private
  backend(PrivateBackend, { url: 7 }),
  // @ts-expect-error a wrong type, two levels deep, of options that are private
  backend(PrivateBackend, { url: 'https://lrs', retry: { attempts: '3' } }),

  backend(BareBackend),
  backend(BareBackend, undefined, { processors: [] }),
  backend(BareBackend, {}, { processors: [] }),
  // @ts-expect-error the class has no options
  backend(BareBackend, { url: 'https://lrs' }),

  backend(LoggerBackend),
  backend(LoggerBackend, { path: 'tracking.log', format: 'reference' }),
  // @ts-expect-error a format that there is not
  backend(LoggerBackend, { format: 'xml' }),
  // @ts-expect-error an option that there is not
  backend(LoggerBackend, { paths: [] }),
  backend(MemoryBackend, { maxEvents: 7 }),
  // @ts-expect-error a text for a number
  backend(MemoryBackend, { maxEvents: '7' }),
  backend(RoutingBackend, undefined, { backends: { a: backend(BareBackend) } }),
  // @ts-expect-error a routing backend has no options
  backend(RoutingBackend, { backends: {} }),
];

export const factories = [
  backend(LrsBackend, { inject: [Config], useFactory: (config) => ({ url: config.get('LRS_URL') }) }),
  backend(LrsBackend, { inject: [Config], useFactory: (config: Config) => ({ url: config.get('LRS_URL') }) }),
  backend(LrsBackend, { inject: [Config], useFactory: (config) => (config.get('LRS') === '' ? false : { url: '' }) }),
  backend(LrsBackend, { useFactory: async () => Promise.resolve({ url: '' }) }),
  backend(LrsBackend, { useFactory: async () => Promise.resolve(false as const) }),
  // @ts-expect-error the class injected has no such method
  backend(LrsBackend, { inject: [Config], useFactory: (config) => ({ url: config.fetch('LRS_URL') }) }),
  // @ts-expect-error a wrong type from the factory
  backend(LrsBackend, { useFactory: () => ({ url: 7 }) }),
  // @ts-expect-error a wrong type from the factory, two levels deep
  backend(LrsBackend, { useFactory: () => ({ url: '', retry: { attempts: '3' } }) }),
  // @ts-expect-error true is no option
  backend(LrsBackend, { useFactory: () => true }),
  backend(PrivateBackend, { inject: [Config], useFactory: (config) => ({ url: config.get('LRS_URL') }) }),
  // @ts-expect-error a wrong type from the factory, of options that are private
  backend(PrivateBackend, { useFactory: () => ({ url: 7 }) }),
];

export const processors = [
  processor(Redact, { fields: ['email'] }),
  processor(Redact, { fields: ['email'] }, { onError: 'drop' }),
  processor(Redact, { inject: [Config], useFactory: (config) => ({ fields: [config.get('FIELD')] }) }),
  processor(Redact, { useFactory: () => false }),
  // @ts-expect-error a text for a list
  processor(Redact, { fields: 'email' }),
  // @ts-expect-error a wrong type, two levels deep
  processor(Redact, { fields: [7] }),
  // @ts-expect-error a way of failing that there is not
  processor(Redact, { fields: [] }, { onError: 'throw' }),

  processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['a'] }),
  // @ts-expect-error a kind of filter that there is not
  processor(RegexFilter, { filterType: 'allow' }),
  // @ts-expect-error numbers for texts
  processor(RegexFilter, { regularExpressions: [7] }),
  processor(NameAllowlist, { names: new Set(['a']) }),
  // @ts-expect-error numbers for texts
  processor(NameAllowlist, { names: [7] }),

  processor((event) => {
    event.data['seen'] = true;
  }),
  processor(() => null, { onError: 'drop' }),
  // @ts-expect-error a function has no options
  processor(() => null, { fields: [] }),
  // @ts-expect-error an async function: emit waits for nothing
  processor(async () => Promise.resolve()),
  // @ts-expect-error an async function that replaces the event
  processor(async (event) => Promise.resolve(event)),
  // @ts-expect-error what it gives back is no event
  processor(() => false),
  // @ts-expect-error what it gives back is half an event
  processor((event) => ({ name: event.name })),
];

class AsyncRedact {
  async process(event: TrackingEvent): Promise<TrackingEvent> {
    return Promise.resolve(event);
  }
}
class SlowRedact {
  async process(): Promise<void> {
    await Promise.resolve();
  }
}

interface DetailsDto {
  readonly course: string;
}

export const trees: readonly TrackingModuleOptions[] = [
  {
    processors: [
      (event) => event,
      () => undefined,
      () => null,
      (event) => void (event.name = 'other'),
      // data and context may be of any class or interface
      ({ timestamp }) => ({
        name: 'other',
        timestamp,
        context: new Config(),
        data: { course: 'DemoX' } satisfies DetailsDto,
      }),
      processor(Redact, { fields: [] }),
    ],
    backends: { 'tracking_logs.1-a': backend(LoggerBackend) },
  },
  {
    // @ts-expect-error an async function
    processors: [async () => Promise.resolve()],
  },
  {
    // @ts-expect-error a class whose process is async
    processors: [AsyncRedact],
  },
  {
    // @ts-expect-error a described class whose process is async
    processors: [processor(AsyncRedact)],
  },
  {
    // @ts-expect-error a described class whose process is async and gives nothing
    processors: [processor(SlowRedact)],
  },
  {
    // @ts-expect-error a class that needs options, without them
    processors: [Redact],
  },
  {
    // @ts-expect-error a backend that nobody described
    backends: { lrs: BareBackend },
  },
  {
    // @ts-expect-error a processor is no backend
    backends: { filter: processor(RegexFilter) },
  },
];

/** What comes from optional settings may be undefined, wherever an option may be left out. */
export const undefinedEverywhere: TrackingModuleOptions = {
  name: undefined,
  enabled: undefined,
  processors: undefined,
  backends: undefined,
  imports: undefined,
  requestContext: undefined,
  clock: undefined,
  limits: undefined,
  maxEarlyEvents: undefined,
  shutdownTimeoutMs: undefined,
  logger: undefined,
};
TrackingModule.forRoot(undefinedEverywhere);
TrackingModule.forRoot({
  requestContext: { forRoutes: undefined, exclude: undefined, fields: undefined, hash: undefined },
});
TrackingModule.forRoot({ limits: { maxDepth: undefined, maxNodes: undefined, maxTextLength: undefined } });
TrackingModule.forRoot();
export const host: BackendDescription = backend(BareBackend, undefined, {
  processors: undefined,
  backends: undefined,
  imports: undefined,
});
processor(Redact, { fields: [] }, { onError: undefined, imports: undefined });
backend(LoggerBackend, {
  path: undefined,
  pino: undefined,
  level: undefined,
  sync: undefined,
  maxEventBytes: undefined,
});

TrackingModule.forRoot({
  // @ts-expect-error an option that there is not
  maxEarlyEvent: 7,
});

TrackingModule.forRootAsync({
  inject: [Config],
  useFactory: (config) => ({ enabled: config.get('TRACKING') === 'on', clock: () => new Date() }),
});
TrackingModule.forRootAsync({ useFactory: async () => Promise.resolve({ requestContext: false as const }) });
TrackingModule.forRootAsync({
  inject: [Config],
  // @ts-expect-error the class injected has no such method
  useFactory: (config) => ({ enabled: config.is('TRACKING') }),
});
TrackingModule.forRootAsync({
  // @ts-expect-error the tree is not made at start: a tree known only then is a promise of a module
  useFactory: () => ({ backends: {} }),
});

export class Reader {
  constructor(@Inject('x') readonly backend: BareBackend) {}
}
