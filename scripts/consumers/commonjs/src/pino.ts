import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger, LoggerModule, PinoLogger } from 'nestjs-pino';
import { backend, LoggerBackend, TrackerService, TrackingModule } from 'nestjs-event-tracking';

@Controller()
class Courses {
  constructor(
    @Inject(TrackerService) private readonly tracker: TrackerService,
    @Inject(PinoLogger) private readonly logger: PinoLogger,
  ) {}

  @Get('enrol')
  enrol(): string {
    this.logger.assign({ tenant: 'acme' });
    this.tracker.emit('course.enrolled', { mode: 'audit' });
    return 'enrolled';
  }
}

@Module({
  imports: [
    LoggerModule.forRoot({ pinoHttp: { autoLogging: false, quietReqLogger: true, base: null }, assignResponse: false }),
    TrackingModule.forRoot({
      backends: {
        by_pino_logger: backend(LoggerBackend, {
          inject: [PinoLogger],
          useFactory: (pino: PinoLogger) => ({ pino, level: 'info' as const }),
        }),
        by_logger: backend(LoggerBackend, { inject: [Logger], useFactory: (pino: Logger) => ({ pino }) }),
        by_nest_logger: backend(LoggerBackend, { inject: [Logger], useFactory: (logger: Logger) => ({ logger }) }),
        by_nest: backend(LoggerBackend, { logger: true }),
      },
    }),
  ],
  controllers: [Courses],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { bufferLogs: true });
  app.useLogger(app.get(Logger));
  await app.listen(0, '127.0.0.1');
  await (await fetch(`${await app.getUrl()}/enrol`)).text();
  await app.close();
}

void main();
