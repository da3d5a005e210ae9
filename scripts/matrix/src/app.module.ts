import { Module } from '@nestjs/common';
import { ClsModule } from 'nestjs-cls';
import { backend, LoggerBackend, MemoryBackend, processor, RegexFilter, TrackingModule } from 'nestjs-event-tracking';
import { CoursesController } from './courses.controller.js';

const filter = processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['^never\\.'] });

@Module({
  imports: [
    // An application may have nestjs-cls of its own, or not know of it.
    ...(process.env['OWN_CLS'] === 'yes' ? [ClsModule.forRoot({ global: true, middleware: { mount: true } })] : []),
    TrackingModule.forRoot({
      processors: [filter],
      backends: { log: backend(LoggerBackend, { path: 'tracking.log' }), memory: backend(MemoryBackend) },
    }),
  ],
  controllers: [CoursesController],
})
export class AppModule {}
