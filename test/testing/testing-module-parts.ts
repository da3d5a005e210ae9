import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TrackEvent, TrackerService, TrackingContext } from '../../src/entries';
import { events, TrackingTestingModule, type TrackingTestingOptions } from '../../src/entries/testing';
import { closeLater } from '../support/start-tracking';

@Injectable()
export class EnrolmentService {
  constructor(private readonly tracker: TrackerService) {
    tracker.emit('service.built');
  }

  enrol(course_id: string): void {
    this.tracker.context({ course_id }, () => {
      this.tracker.emit('message.queued', { template: 'welcome' });
    });
  }

  @TrackingContext(({ args: [course_id] }) => ({ course_id }))
  @TrackEvent('enrolment.ended', ({ result }) => ({ refund: result }))
  unenrol(_course: string): number {
    return 20;
  }
}

/** As a unit test does it: compiled, and never started. */
export async function compile(
  options?: TrackingTestingOptions,
  ...providers: (typeof EnrolmentService)[]
): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports: [TrackingTestingModule.forRoot(options)],
    providers: providers.length > 0 ? providers : [EnrolmentService],
  }).compile();
  return closeLater(module);
}

export const names = (module: TestingModule) => events(module).map(({ name }) => name);
