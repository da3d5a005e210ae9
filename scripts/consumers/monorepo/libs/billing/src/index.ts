import { Injectable } from '@nestjs/common';
import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';

@Injectable()
export class Seats {
  @TrackingContext(({ args: [course_id] }) => ({ course_id }))
  @TrackEvent('seat.taken', ({ args: [, mode] }) => ({ mode }))
  take(_courseId: string, mode: string): { id: number; mode: string } {
    return { id: 7, mode };
  }
}
