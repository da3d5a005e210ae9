import { Injectable } from '@nestjs/common';
import { ClsPluginTransactional, Propagation, Transactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';
import { DataSource } from 'typeorm';
import { TrackEvent, TrackerService } from '../../src/entries';
import { fromTypeOrm } from '../../src/entries/postgres';
import { trackingTransactionalAdapter } from '../../src/entries/transactions';
import { outboxSchema, startOutbox, type OutboxSchema } from '../outbox/outbox-parts';
import { describeWithServices } from '../support/services';
import { expectBalance, type BuiltTracking } from '../support/start-tracking';

@Injectable()
class Service {
  constructor(private readonly tracker: TrackerService) {}

  @TrackEvent('enrolled')
  @Transactional()
  trackedOutside(fails: boolean): Promise<void> {
    return this.step('step', fails);
  }

  @Transactional()
  @TrackEvent('enrolled')
  trackedInside(fails: boolean): Promise<void> {
    return this.step('step', fails);
  }

  @Transactional()
  async withSavepoint(): Promise<void> {
    await this.step('outer', false);
    await this.savepoint().catch(() => undefined);
  }

  @Transactional(Propagation.Nested)
  savepoint(): Promise<void> {
    return this.step('savepoint', true);
  }

  @Transactional()
  async withOwn(): Promise<void> {
    await this.own();
    await this.step('outer', true);
  }

  @Transactional(Propagation.RequiresNew)
  own(): Promise<void> {
    return this.step('own', false);
  }

  private async step(name: string, fails: boolean): Promise<void> {
    this.tracker.emit(name);
    await Promise.resolve();
    if (fails) throw new Error('failed');
  }
}

describeWithServices(['postgres'], '@Transactional of @nestjs-cls/transactional with an outbox', ({ postgres }) => {
  let source: DataSource;

  beforeEach(async () => {
    source = await new DataSource({ type: 'postgres', url: postgres }).initialize();
  });

  afterEach(() => source.destroy());

  async function start(): Promise<{ schema: OutboxSchema; built: BuiltTracking; service: Service }> {
    const adapter = new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource });
    const connection = {
      module: class Connection {},
      providers: [{ provide: DataSource, useValue: source }],
      exports: [DataSource],
    };
    const plugin = new ClsPluginTransactional({
      imports: [connection],
      adapter: trackingTransactionalAdapter(adapter, { outbox: fromTypeOrm }),
    });
    const schema = await outboxSchema(postgres);
    const metadata = { imports: [ClsModule.forRoot({ plugins: [plugin] })], providers: [Service] };
    const built = await startOutbox(schema, undefined, undefined, metadata);
    return { schema, built, service: built.app.get(Service) };
  }

  async function storedNames(schema: OutboxSchema): Promise<unknown[]> {
    return (await schema.rows()).map(({ event }) => (JSON.parse(String(event)) as { name: string }).name);
  }

  it('stores the event of @TrackEvent inside of @Transactional', async () => {
    const { schema, built, service } = await start();
    await service.trackedInside(false);
    expect([await storedNames(schema), built.names()]).toEqual([['step', 'enrolled'], []]);
    expectBalance(built.ledger);
  });

  // Its method ends with the commit, so it is emitted after the transaction.
  it('sends the event of @TrackEvent around @Transactional after the commit', async () => {
    const { schema, built, service } = await start();
    await service.trackedOutside(false);
    expect([await storedNames(schema), built.names()]).toEqual([['step'], ['enrolled']]);
    expectBalance(built.ledger);
  });

  it.each(['trackedOutside', 'trackedInside'] as const)('has no event after a rollback: %s', async (method) => {
    const { schema, built, service } = await start();
    await expect(service[method](true)).rejects.toThrow('failed');
    expect([await storedNames(schema), built.names()]).toEqual([[], []]);
    expect(built.ledger.tracker()).toMatchObject({ held: 0, outbox: 0, dropped: { 'rolled-back': 1 } });
  });

  it('lacks the events of a savepoint that was rolled back', async () => {
    const { schema, service } = await start();
    await service.withSavepoint();
    expect(await storedNames(schema)).toEqual(['outer']);
  });

  it('stores the events of RequiresNew, whatever becomes of the outer transaction', async () => {
    const { schema, built, service } = await start();
    await expect(service.withOwn()).rejects.toThrow('failed');
    expect(await storedNames(schema)).toEqual(['own']);
    expectBalance(built.ledger);
  });
});
