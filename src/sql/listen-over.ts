import { quoteName } from './quote-name';
import type { Listen } from './sql-client';

/** The part of a Client of `pg` that is used. */
interface PgConnection {
  query(sql: string): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  unref?(): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A connection that nobody else uses, and a function that closes it. */
export interface OwnConnection {
  readonly connection: PgConnection;
  readonly close: () => unknown;
}

/** @param open returns a connection of `pg` that only this listener uses */
export function listenOver(open: () => Promise<OwnConnection>): Listen {
  return async (channel, onNotify, onLost) => {
    const { connection, close } = await open();
    const is = { listening: false, lost: false, over: false };
    const end = async (): Promise<void> => {
      if (is.over) return;
      is.over = true;
      connection.removeListener('notification', onNotify);
      // A server that is silent does not answer to the end either.
      connection.unref?.();
      await close();
    };
    const lose = (): void => {
      is.lost = true;
      if (!is.listening || is.over) return; // before it listens, it rejects instead
      onLost();
      void end().catch(() => undefined);
    };
    // Never removed: without a listener, an error would end the process.
    connection.on('error', lose);
    connection.on('end', lose);
    connection.on('notification', onNotify);
    try {
      await connection.query(`LISTEN ${quoteName(channel)}`);
      if (is.lost) throw new Error('the connection was lost');
      is.listening = true;
    } catch (error) {
      await end().catch(() => undefined);
      throw error;
    }
    return end;
  };
}
