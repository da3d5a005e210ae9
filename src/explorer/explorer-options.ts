import type { CanActivate, DynamicModule, FactoryProvider, ForwardReference, Type } from '@nestjs/common';
import type { RedactOptions } from '../processors/redact';
import type { ExplorerChannel } from './shared/explorer-channel';

export interface ExplorerActions {
  /** Allows to send dead letters again.  @default false if NODE_ENV is `production`, else true */
  readonly redrive?: boolean | undefined;
  /** Allows to remove dead letters.  @default false if NODE_ENV is `production`, else true */
  readonly purge?: boolean | undefined;
}

export interface ExplorerOptions {
  /** Path of the page below the global prefix.  @default 'tracking' */
  readonly path?: string | undefined;
  /**
   * Guards of every route of the explorer, after the global guards of the application. Required
   * unless NODE_ENV is `development` or `test`; without guards only requests from this machine are
   * answered.
   * @default []
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
  /** Names of the trackers to show.  @default all trackers of the application */
  readonly trackers?: readonly string[] | undefined;
  /** Number of events that are remembered for each tracker.  @default 500 */
  readonly maxEvents?: number | undefined;
  /** Approximate bytes of the events that are remembered for each tracker.  @default 16_777_216 */
  readonly maxBytes?: number | undefined;
  /**
   * Values that nobody may see, in addition to the personal fields of the catalog and to fields
   * with names such as `password` and `token`. The options of the processor Redact.
   */
  readonly redact?: RedactOptions | undefined;
  /** What users of the page may do. */
  readonly actions?: ExplorerActions | undefined;
  /**
   * Channel over which the processes of the application show each other's events, such as
   * `redisChannel('redis://localhost:6379')`.
   * @default none: each process shows its own events
   */
  readonly shared?: ExplorerChannel | undefined;
}

export interface ExplorerModuleOptions extends ExplorerOptions {
  /** Modules that export the dependencies of the guards.  @default [] */
  readonly imports?: (Type | DynamicModule | Promise<DynamicModule> | ForwardReference)[] | undefined;
}

/** Options of `forRootAsync`. The path and the guards are needed before any provider exists. */
export interface ExplorerModuleAsyncOptions extends Pick<ExplorerModuleOptions, 'path' | 'guards' | 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in FactoryProvider of Nest
    ...args: any[]
  ) => Omit<ExplorerOptions, 'path' | 'guards'> | Promise<Omit<ExplorerOptions, 'path' | 'guards'>>;
}
