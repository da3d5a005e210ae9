import type { InjectionToken } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import type { SqlClient } from '../sql/sql-client';
import { getTrackerToken } from '../tracker/tokens';
import type { TrackerService } from '../tracker/tracker.service';
import { NotStoredException } from '../outbox/not-stored.exception';
import { HeldRun } from './held-run';
import { storeBeforeCommit } from './store-before-commit';

/* eslint-disable @typescript-eslint/no-explicit-any -- as @nestjs-cls/transactional declares them */
/** The part of the options of an adapter of `@nestjs-cls/transactional` that is used. */
export interface TransactionalRunner<Client, Options> {
  wrapWithTransaction: (
    options: Options,
    fn: (...args: any[]) => Promise<any>,
    setClient: (client?: Client) => void,
  ) => Promise<any>;
  wrapWithNestedTransaction?: (
    options: Options,
    fn: (...args: any[]) => Promise<any>,
    setClient: (client?: Client) => void,
    client: Client,
  ) => Promise<any>;
  getFallbackInstance: () => Client;
}

/** The part of an adapter of `@nestjs-cls/transactional` that is used. */
export interface TransactionalAdapterLike<Connection, Client, Options> {
  connectionToken?: any;
  connection?: Connection;
  defaultTxOptions?: Partial<Options>;
  optionsFactory: (connection: Connection, extraProviders: any[]) => TransactionalRunner<Client, Options>;
  extraProviderTokens?: InjectionToken[];
  supportsTransactionProxy?: boolean;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

export interface TrackingTransactionalAdapterOptions<Client> {
  /**
   * Adapter for the client of a transaction: `fromTypeOrm`, `fromPg`, `fromKnex`, `fromKysely`,
   * `fromDrizzle`, `fromMikroOrm` or `fromPrisma`. Each transaction then stores its events in the
   * outbox before it commits, and a relay sends them.
   * @default none: the events are sent after the commit
   */
  readonly outbox?: ((client: Client) => SqlClient) | undefined;
  /**
   * Name of the tracker whose events are held.
   * @default 'default'
   */
  readonly tracker?: string | undefined;
}

const NO_CLIENT =
  'the adapter has set no client for the transaction. Fix: leave out the option outbox of trackingTransactionalAdapter, ' +
  'and pass it to tracker.transaction in your transactions';

const HOOKS = [
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
] as const;

/**
 * Wraps an adapter of `@nestjs-cls/transactional`, so that events emitted in a transaction are held
 * until it commits, and dropped when it rolls back. The propagation of `@Transactional` is
 * respected: a nested transaction is a savepoint, and one with `RequiresNew` commits on its own.
 * @param adapter any adapter
 * @returns an adapter for `new ClsPluginTransactional({ adapter })`
 */
export function trackingTransactionalAdapter<Connection, Client, Options>(
  adapter: TransactionalAdapterLike<Connection, Client, Options>,
  { tracker = DEFAULT_TRACKER, outbox }: TrackingTransactionalAdapterOptions<Client> = {},
): TransactionalAdapterLike<Connection, Client, Options> {
  const tokens = adapter.extraProviderTokens ?? [];
  const optionsFactory: typeof adapter.optionsFactory = (connection, providers: unknown[]) => {
    const runner = adapter.optionsFactory(connection, providers.slice(0, tokens.length));
    return holdingRunner(runner, providers[tokens.length] as TrackerService, outbox);
  };
  return {
    ...adapter,
    ...hooksOf(adapter),
    optionsFactory,
    extraProviderTokens: [...tokens, getTrackerToken(tracker)],
  };
}

function holdingRunner<Client, Options>(
  runner: TransactionalRunner<Client, Options>,
  tracker: TrackerService,
  outbox: TrackingTransactionalAdapterOptions<Client>['outbox'],
): TransactionalRunner<Client, Options> {
  const wrapNested = runner.wrapWithNestedTransaction?.bind(runner);
  const hold = (independent: boolean, transact: (run: HeldRun) => Promise<unknown>): Promise<unknown> => {
    const run = new HeldRun(tracker, { independent });
    return run.around(() => transact(run));
  };
  return {
    getFallbackInstance: () => runner.getFallbackInstance(),
    wrapWithTransaction: (options, body, setClient) =>
      hold(true, (run) => {
        let given: Client | undefined;
        const keep = (client?: Client): void => {
          given = client;
          setClient(client);
        };
        const held = async (...args: unknown[]): Promise<unknown> => {
          const call = (): Promise<unknown> => body(...args);
          if (outbox === undefined) return run.body(call);
          if (given === undefined) throw NotStoredException.create(NO_CLIENT);
          return storeBeforeCommit(run, call, given, outbox(given));
        };
        return runner.wrapWithTransaction(options, held, keep);
      }),
    // The library reads from the presence of the property whether savepoints are supported.
    ...(wrapNested && {
      wrapWithNestedTransaction: (options, body, setClient, client) =>
        hold(false, (run) =>
          wrapNested(options, (...args: unknown[]) => run.body(() => body(...args)), setClient, client),
        ),
    }),
  };
}

/** The hooks may be methods of a class, which a copy of the adapter would not have. */
function hooksOf(adapter: object): Record<string, unknown> {
  const methods = adapter as Readonly<Record<string, unknown>>;
  const hooks = HOOKS.flatMap((name) => {
    const hook = methods[name];
    return typeof hook === 'function' ? [[name, hook.bind(adapter) as unknown] as const] : [];
  });
  return Object.fromEntries(hooks);
}
