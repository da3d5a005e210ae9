/**
 * mongoose holds back what is sent while there is no connection, so an outage would look like slowness; and it gives up for
 * good when the first attempt to connect has failed: the promise of it, which nobody awaits with `lazyConnection`, ends the
 * process, and the driver answers "Topology is closed" for ever. So this goes past mongoose to the driver, marks that promise
 * as seen, and connects anew for as long as events come.
 *
 * The connection is the application's: it is closed by whoever made it, and one that was closed is not opened again.
 */
import { Inject } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Connection, mongo } from 'mongoose';
import { SendFailedException } from '../../delivery/destination';
import { atMost } from '../../common/at-most';
import { showIdentifier, TrackingConfigException } from '../../common/tracking-config.exception';
import { ConnectionStates, getConnectionToken } from './peers';

/** A driver that does not stop by then waits for a server that does not answer. */
const STOP_MS = 500;

export class MongoConnection {
  private isClosed = false;

  /** @param wasMade whether it was connected as soon as it was there to be injected */
  private constructor(
    private readonly connection: Connection,
    readonly wasMade: boolean,
  ) {
    connection.on('error', () => undefined); // mongoose then marks the promise of its first attempt as handled
    connection.on('close', () => (this.isClosed = true));
    connection.on('open', () => (this.isClosed = false));
  }

  /**
   * Injects the connection of that name. Its name is known only when the options are, so no parameter of a constructor can ask
   * for it; a class made for the purpose can, and Nest waits for the connection as for any other provider.
   * @throws TrackingConfigException if no module offers it
   */
  static async inject(name: string | undefined, moduleRef: ModuleRef): Promise<MongoConnection> {
    class Holder {
      constructor(readonly connection: Connection) {}
    }
    Inject(getConnectionToken(name))(Holder, undefined, 0);
    const { connection } = await moduleRef.create(Holder).catch((error: unknown) => {
      throw missingConnection(name, error);
    });
    return new MongoConnection(connection, connection.readyState === ConnectionStates.connected);
  }

  /**
   * Connects if mongoose has given up.
   * @param name default: the connection's own
   * @throws SendFailedException if the application has closed the connection; what the driver throws if it cannot connect
   */
  async database(name: string | undefined): Promise<mongo.Db> {
    const { connection } = this;
    if (this.isClosed) {
      const reason = 'the application has closed the connection to MongoDB';
      throw SendFailedException.create({ reason, retryable: true });
    }
    const client = connection.getClient();
    // For the driver this is nothing to do, unless its first attempt is under way or has failed.
    if (connection.readyState === ConnectionStates.disconnected) await client.connect();
    return client.db(name ?? this.ownDatabase());
  }

  /**
   * mongoose closes only what is open, and so waits for a server that is down, for as long as its driver looks for one: half a
   * minute by default, by which time the process was killed. For when the application closes the connection in any case.
   */
  async stopConnecting(): Promise<void> {
    const { connection } = this;
    if (connection.readyState === ConnectionStates.connecting) await atMost(STOP_MS, connection.getClient().close());
  }

  /** For the operator. */
  state(): string {
    return ConnectionStates[this.connection.readyState];
  }

  /** `dbName` is an option of mongoose of which the driver does not know; mongoose shows it as `name` once it is connected. */
  private ownDatabase(): string | undefined {
    const { db, name, $dbName } = this.connection as Partial<Connection> & { readonly $dbName?: string };
    return db?.databaseName ?? name ?? $dbName;
  }
}

function missingConnection(name: string | undefined, cause: unknown): TrackingConfigException {
  const shown = showIdentifier(name);
  const isShown = name === undefined || shown.startsWith('"'); // else it may be a connection string, which Nest quotes
  const named = name === undefined ? '' : `, connectionName: '${isShown ? name : 'tracking'}'`;
  const asked = name === undefined ? 'without a name' : `${isShown ? 'called' : 'whose name is'} ${shown}`;
  return TrackingConfigException.create([
    {
      path: 'MongoBackend',
      what: `it needs the connection ${asked} of @nestjs/mongoose, which no module offers.`,
      fix: `give its node { imports: [MongooseModule.forRoot(url, { lazyConnection: true${named} })] }`,
      ...(isShown && { cause }),
    },
  ]);
}
