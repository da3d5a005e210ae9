/**
 * Uses the driver of a mongoose connection directly.
 *
 * mongoose buffers operations while there is no connection, so an outage would look like slowness.
 * It also stops trying when the first attempt to connect fails: with `lazyConnection` no one awaits
 * the promise of that attempt, its rejection ends the process, and the driver answers "Topology is
 * closed" forever. So this class bypasses mongoose, marks that promise as handled, and connects
 * again as long as events arrive.
 *
 * The connection belongs to the application: its creator closes it, and a closed connection is not
 * opened again.
 */
import { Inject } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Connection, mongo } from 'mongoose';
import { SendFailedException } from '../../delivery/destination';
import { atMost } from '../../common/at-most';
import { showIdentifier, TrackingConfigException } from '../../common/tracking-config.exception';
import { ConnectionStates, getConnectionToken } from './peers';

/**
 * Maximum time to wait for the driver to stop. A driver that takes longer waits for a server that
 * does not answer.
 */
const STOP_MS = 500;

export class MongoConnection {
  private isClosed = false;

  /** @param wasMade true if the connection was established when it was injected */
  private constructor(
    private readonly connection: Connection,
    readonly wasMade: boolean,
  ) {
    // Makes mongoose mark the promise of its first attempt as handled.
    connection.on('error', () => undefined);
    connection.on('close', () => (this.isClosed = true));
    connection.on('open', () => (this.isClosed = false));
  }

  /**
   * Injects the connection with the given name. The name is known only at run time, from the
   * options, so a constructor parameter cannot ask for it. A class created here can, and Nest waits
   * for the connection like for any other provider.
   * @throws TrackingConfigException if no module provides it
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
   * Returns the database. Connects again if mongoose has stopped trying.
   * @param name undefined for the database of the connection
   * @throws SendFailedException if the application has closed the connection; the driver's error if
   *   it cannot connect
   */
  async database(name: string | undefined): Promise<mongo.Db> {
    const { connection } = this;
    if (this.isClosed) {
      const reason = 'the application has closed the connection to MongoDB';
      throw SendFailedException.create({ reason, retryable: true });
    }
    const client = connection.getClient();
    // The driver ignores this call unless its first attempt is in progress or has failed.
    if (connection.readyState === ConnectionStates.disconnected) await client.connect();
    return client.db(name ?? this.ownDatabase());
  }

  /**
   * Stops an attempt to connect, when the application closes the connection anyway. mongoose closes
   * only an open connection. With a server that is down it waits as long as its driver searches for
   * one: 30 seconds by default, and by then the process has been killed.
   */
  async stopConnecting(): Promise<void> {
    const { connection } = this;
    if (connection.readyState === ConnectionStates.connecting) await atMost(STOP_MS, connection.getClient().close());
  }

  /** Returns the state of the connection, for the operator. */
  state(): string {
    return ConnectionStates[this.connection.readyState];
  }

  /**
   * Returns the connection's database. `dbName` is an option of mongoose that the driver does not
   * know; mongoose shows it as `name` once connected.
   */
  private ownDatabase(): string | undefined {
    const { db, name, $dbName } = this.connection as Partial<Connection> & { readonly $dbName?: string };
    return db?.databaseName ?? name ?? $dbName;
  }
}

function missingConnection(name: string | undefined, cause: unknown): TrackingConfigException {
  const shown = showIdentifier(name);
  // Else it may be a connection string, which Nest would quote.
  const isShown = name === undefined || shown.startsWith('"');
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
