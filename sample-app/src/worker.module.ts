import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readSettings } from './settings';
import { eventTracking } from './tracking/event-tracking';

/** What a worker needs of the application: the tree of its tracker. Not its routes, and not its jobs, which would run in each. */
@Module({
  imports: [ConfigModule.forRoot({ isGlobal: true, load: [() => readSettings()] }), eventTracking],
})
export class WorkerModule {}
