import { Injectable } from '@nestjs/common';
import { Propagation, Transactional, ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';
import { DataSource } from 'typeorm';
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  Propagation as TypeOrmPropagation,
  StorageDriver,
  Transactional as TypeOrmTransactional,
} from 'typeorm-transactional';
import { TrackEvent, TrackerService } from '../../src/entries';
import { holdEvents, trackingTransactionalAdapter } from '../../src/entries/transactions';
import { describeWithServices } from '../support/services';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

/** The same service, once for each library. */
interface Enrolments {
  trackedOutside(fails: boolean): Promise<void>;
  trackedInside(fails: boolean): Promise<void>;
  nested(): Promise<void>;
  separate(): Promise<void>;
  own(): Promise<void>;
}

const end = (fails: boolean): Promise<void> => (fails ? Promise.reject(new Error('failed')) : Promise.resolve());

/** Runs the tests of one library. `start` returns the service in an application that tracks. */
function itTracksTransactions(
  start: () => Promise<{ readonly built: BuiltTracking; readonly service: Enrolments }>,
): void {
  it.each(['trackedOutside', 'trackedInside'] as const)(
    'emits the event of @TrackEvent after the commit: %s',
    async (method) => {
      const { built, service } = await start();
      await service[method](false);
      expect(built.names()).toEqual(['step', 'enrolled']);
    },
  );

  it.each(['trackedOutside', 'trackedInside'] as const)('drops the events after a rollback: %s', async (method) => {
    const { built, service } = await start();
    await expect(service[method](true)).rejects.toThrow('failed');
    expect([built.names(), built.ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
  });

  it('sends the events of a REQUIRES_NEW transaction, whatever becomes of the outer one', async () => {
    const { built, service } = await start();
    await expect(service.separate()).rejects.toThrow('failed');
    expect(built.names()).toEqual(['own']);
  });
}

describeWithServices(['postgres'], '@Transactional', ({ postgres }) => {
  const sources: DataSource[] = [];
  const openSource = async (): Promise<DataSource> => {
    const source = await new DataSource({ type: 'postgres', url: postgres }).initialize();
    sources.push(source);
    return source;
  };

  afterEach(async () => {
    await Promise.all(sources.splice(0).map((source) => source.destroy()));
  });

  describe('of @nestjs-cls/transactional, with the adapter for TypeORM', () => {
    @Injectable()
    class Service implements Enrolments {
      constructor(private readonly tracker: TrackerService) {}

      @TrackEvent('enrolled')
      @Transactional()
      trackedOutside(fails: boolean): Promise<void> {
        this.tracker.emit('step');
        return end(fails);
      }

      @Transactional()
      @TrackEvent('enrolled')
      trackedInside(fails: boolean): Promise<void> {
        this.tracker.emit('step');
        return end(fails);
      }

      @Transactional()
      async nested(): Promise<void> {
        this.tracker.emit('outer');
        await this.savepoint().catch(() => undefined);
      }

      @Transactional(Propagation.Nested)
      savepoint(): Promise<void> {
        this.tracker.emit('savepoint');
        return end(true);
      }

      @Transactional()
      async separate(): Promise<void> {
        this.tracker.emit('outer');
        await this.own();
        await end(true);
      }

      @Transactional(Propagation.RequiresNew)
      own(): Promise<void> {
        this.tracker.emit('own');
        return end(false);
      }
    }

    const start = async (): Promise<{ built: BuiltTracking; service: Service }> => {
      const source = await openSource();
      const adapter = new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource });
      const connection = {
        module: class Connection {},
        providers: [{ provide: DataSource, useValue: source }],
        exports: [DataSource],
      };
      const plugin = new ClsPluginTransactional({
        imports: [connection],
        adapter: trackingTransactionalAdapter(adapter),
      });
      const built = await startTracking(
        {},
        { imports: [ClsModule.forRoot({ plugins: [plugin] })], providers: [Service] },
      );
      return { built, service: built.app.get(Service) };
    };

    itTracksTransactions(start);

    it('drops only the events of a savepoint that was rolled back', async () => {
      const { built, service } = await start();
      await service.nested();
      expect(built.names()).toEqual(['outer']);
    });
  });

  describe('of typeorm-transactional', () => {
    @Injectable()
    class Service implements Enrolments {
      constructor(private readonly tracker: TrackerService) {}

      @TrackEvent('enrolled')
      @TypeOrmTransactional()
      trackedOutside(fails: boolean): Promise<void> {
        this.tracker.emit('step');
        return end(fails);
      }

      @TypeOrmTransactional()
      @TrackEvent('enrolled')
      trackedInside(fails: boolean): Promise<void> {
        this.tracker.emit('step');
        return end(fails);
      }

      nested(): Promise<void> {
        return end(false); // the library has no savepoints: its NESTED is a transaction of its own
      }

      @TypeOrmTransactional()
      async separate(): Promise<void> {
        this.tracker.emit('outer');
        await this.own();
        await end(true);
      }

      @TypeOrmTransactional({ propagation: TypeOrmPropagation.REQUIRES_NEW })
      own(): Promise<void> {
        this.tracker.emit('own');
        return end(false);
      }
    }

    afterEach(() => {
      deleteDataSourceByName('default');
    });

    describe.each(['before', 'after'])('with holdEvents called %s addTransactionalDataSource', (order) => {
      itTracksTransactions(async () => {
        initializeTransactionalContext({ storageDriver: StorageDriver.ASYNC_LOCAL_STORAGE });
        const source = await openSource();
        const built = await startTracking({}, { providers: [Service] });
        if (order === 'before') holdEvents(source, built.tracker);
        addTransactionalDataSource(source);
        if (order === 'after') holdEvents(source, built.tracker);
        return { built, service: built.app.get(Service) };
      });
    });
  });
});
