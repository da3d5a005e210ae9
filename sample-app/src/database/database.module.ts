import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Settings } from '../settings';
import { closeDatabase, DATABASE, openDatabase, type Database } from './database';

/**
 * Imported by AppModule, and by the tracking tree for its outbox. Nest closes a module after the
 * modules that import it, so the database is open until the tracker has closed.
 */
@Module({
  providers: [
    {
      provide: DATABASE,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Settings, true>) => openDatabase(config.get('databaseUrl', { infer: true })),
    },
  ],
  exports: [DATABASE],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await closeDatabase(this.database);
  }
}
