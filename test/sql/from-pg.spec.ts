import { fromPg } from 'nestjs-event-tracking/postgres';
import { Client, Pool } from 'pg';
import { describeWithServices } from '../support/services';

/** A server that ends while it connects may say so in the packet that completes the connection. */
class EndedAtOnce extends Client {
  override async connect(): Promise<never> {
    await super.connect();
    this.emit('error', new Error('terminating connection due to unexpected postmaster exit'));
    return undefined as never;
  }
}

describeWithServices(['postgres'], 'The listening of fromPg(pool)', ({ postgres }) => {
  it('survives an error of its connection before it listens', async () => {
    const pool = Object.assign(new Pool({ connectionString: postgres }), { Client: EndedAtOnce });
    const leave = await fromPg(pool).listen?.(
      'channel',
      () => undefined,
      () => undefined,
    );
    expect(leave).toEqual(expect.any(Function));
    await leave?.();
    await pool.end();
  });
});
