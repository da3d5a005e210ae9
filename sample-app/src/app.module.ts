import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { CoursesModule } from './courses/courses.module';
import { DatabaseModule } from './database/database.module';
import { EnrollmentController } from './enrollment/enrollment.controller';
import { EnrollmentService } from './enrollment/enrollment.service';
import { JobsController } from './jobs/jobs.controller';
import { NightlyJob } from './jobs/nightly.job';
import { PartnerAnswerController } from './partner/partner-answer.controller';
import { PartnerController } from './partner/partner.controller';
import { PartnerService } from './partner/partner.service';
import { ProblemsController } from './problems/problems.controller';
import { ProblemsService } from './problems/problems.service';
import { readSettings } from './settings';
import { DriftController } from './tracking/drift.controller';
import { eventTracking } from './tracking/event-tracking';
import { EventsController } from './tracking/events.controller';
import { explorer } from './tracking/explorer';
import { DemoTraffic } from './traffic/demo-traffic';
import { DemoUserGuard } from './users/demo-user';
import { VideoController } from './video/video.controller';
import { VideoEventsService } from './video/video-events.service';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [() => readSettings()] }),
    ScheduleModule.forRoot(),
    eventTracking,
    explorer,
    CoursesModule,
    DatabaseModule,
  ],
  controllers: [
    EnrollmentController,
    VideoController,
    ProblemsController,
    JobsController,
    EventsController,
    PartnerController,
    ...(process.env.NODE_ENV === 'production' ? [] : [DriftController, PartnerAnswerController]),
  ],
  providers: [
    { provide: APP_GUARD, useClass: DemoUserGuard },
    EnrollmentService,
    VideoEventsService,
    ProblemsService,
    NightlyJob,
    PartnerService,
    DemoTraffic,
  ],
})
export class AppModule {}
