import type { IdentifiedEvent } from '../../src/event/tracking-event';

/** Events as the delivery engine hands them to a destination. */
export function deliveredEvents(
  count: number,
  change: (at: number) => Partial<IdentifiedEvent> = () => ({}),
): IdentifiedEvent[] {
  return Array.from({ length: count }, (_, at) => ({
    name: 'edx.course.enrollment.activated',
    timestamp: new Date(1_706_933_100_789 + at),
    id: `0190a6f0-0000-7000-8000-${at.toString(16).padStart(12, '0')}`,
    context: { user_id: at, course_id: 'course-v1:edX+DemoX+2026' },
    data: { mode: 'audit', n: at },
    ...change(at),
  }));
}

export const idsOfEvents = (events: readonly IdentifiedEvent[]): string[] => events.map(({ id }) => id);

/** For what a batch came to: the rejections, or the failure. */
export async function outcomeOf(sending: Promise<unknown>): Promise<unknown> {
  try {
    return await sending;
  } catch (error) {
    return error;
  }
}
