import { Injectable } from '@nestjs/common';
import type { AsyncProcessor, TrackingEvent } from 'nestjs-event-tracking';
import { LearnersService } from '../users/learners.service';

/**
 * Reports are by country and language, which no handler knows. Asking for them takes its time, so it is done behind the queue of
 * the reports, where no request waits for it.
 */
@Injectable()
export class LearnerProfile implements AsyncProcessor {
  constructor(private readonly learners: LearnersService) {}

  async processAsync({ context }: TrackingEvent): Promise<void> {
    const learner = await this.learners.find(context.user_id);
    if (learner) Object.assign(context, learner);
  }
}
