import { Controller, HttpCode, Post } from '@nestjs/common';
import { TrackerService } from 'nestjs-event-tracking';

/**
 * Emits an event that violates the catalog: a field is misspelled. The compiler cannot report it,
 * because the event is emitted by name. The violation is logged once, with the line below, and
 * counted in GET /violations. This route does not exist in production.
 */
@Controller('demo')
export class DriftController {
  constructor(private readonly tracker: TrackerService) {}

  @Post('drift')
  @HttpCode(202)
  drift(): { emitted: string } {
    this.tracker.emit('message.queued', { template: 'welcome-audit', chanel: 'email' });
    return { emitted: 'message.queued' };
  }
}
