import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readSettings } from './settings';
import { eventTracking } from './tracking/event-tracking';

/**
 * The part of the application that a worker needs: the tree of the tracker. It has no routes, and
 * no cron jobs, which would otherwise run in every worker.
 */
@Module({
  imports: [ConfigModule.forRoot({ isGlobal: true, load: [() => readSettings()] }), eventTracking],
})
export class WorkerModule {}
