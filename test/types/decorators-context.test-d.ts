/** Compiled by `tsc --noEmit`, never run: what @TrackingContext takes, and composed decorators. */
import { applyDecorators, Get, SetMetadata, UseGuards } from '@nestjs/common';
import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';

interface Enrollment {
  readonly id: number;
  readonly mode: string;
}
declare const enrollment: Enrollment;

class Values {
  constructor(readonly course_id: string) {}
}

const Guarded = (): MethodDecorator & ClassDecorator => UseGuards();

/** A project's own decorator, made of ours and others. */
export const Tracked = (name: string): MethodDecorator =>
  applyDecorators(
    Get(name),
    SetMetadata('roles', []),
    TrackEvent(name, ({ result }) => ({ result })),
    TrackingContext({ name }),
  );

@TrackingContext({ course_id: 'DemoX' })
export class Scoped {
  readonly region = 'eu';

  @Tracked('list')
  @Guarded()
  list(): string[] {
    return [];
  }

  @TrackingContext(({ args: [courseId], self }) => ({ course_id: courseId, region: self.region }), {
    name: 'course',
    tracker: 'audit',
  })
  inline(courseId: string): string {
    return courseId;
  }

  @TrackingContext(({ args: [courseId] }: { readonly args: readonly [string] }) => ({ course_id: courseId.length }))
  annotated(courseId: string): string {
    return courseId;
  }

  @TrackingContext(new Values('DemoX'))
  ofAClass(): void {}

  @TrackingContext(() => enrollment)
  ofAnInterface(): void {}

  @TrackingContext(() => undefined, { name: undefined, tracker: undefined })
  nothing(): void {}

  // @ts-expect-error values have keys
  @TrackingContext('DemoX')
  text(): void {}

  // @ts-expect-error values have keys, those of a function too
  @TrackingContext(() => 7)
  number(): void {}

  // @ts-expect-error an async function: a scope waits for nothing
  @TrackingContext(async () => Promise.resolve({}))
  async(): void {}

  // @ts-expect-error an option that there is not
  @TrackingContext({}, { names: [] })
  unknownOption(): void {}
}
