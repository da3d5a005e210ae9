import { Controller, HttpCode, Post } from '@nestjs/common';
import { TrackerService } from 'nestjs-event-tracking';

/**
 * What an event looks like that has drifted from what its readers were told: emitted by name, past the compiler, with a field
 * misspelt. The log says it once, with this line; GET /violations counts it. Not there in production.
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
