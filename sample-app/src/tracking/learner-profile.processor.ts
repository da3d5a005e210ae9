import { Injectable } from '@nestjs/common';
import type { AsyncProcessor, TrackingEvent } from 'nestjs-event-tracking';
import { LearnersService } from '../users/learners.service';

/**
 * Adds the learner's country and language to the context. The lookup is asynchronous, so this
 * processor runs behind the queue of the reports, where no request waits for it.
 */
@Injectable()
export class LearnerProfile implements AsyncProcessor {
  constructor(private readonly learners: LearnersService) {}

  async processAsync({ context }: TrackingEvent): Promise<void> {
    const learner = await this.learners.find(context.user_id);
    if (learner) Object.assign(context, learner);
  }
}
