import { request as httpRequest } from 'node:http';
import {
  Controller,
  Get,
  Injectable,
  Param,
  Post,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  backend,
  MemoryBackend,
  TrackerService,
  type EventFields,
  type RequestContextOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { TestCase, type RunningCase } from '../support/test-case';

@Controller('courses')
export class CoursesController {
  constructor(private readonly tracker: TrackerService) {}

  @Get(':courseId')
  show(@Param('courseId') courseId: string): object {
    this.tracker.emit('course.shown', { course_id: courseId });
    return { courseId };
  }

  @Post(':courseId/enrolment')
  enrol(): object {
    this.tracker.emit('course.enrolled');
    return {};
  }

  @Get(':courseId/twice')
  async twice(): Promise<object> {
    this.tracker.emit('first');
    await Promise.resolve();
    this.tracker.emit('second');
    return {};
  }
}

/** Makes applications of CoursesController on one platform. */
export function coursesOn(adapter: Parameters<TestCase['on']>[0]) {
  return (requestContext?: RequestContextOptions | false, metadata: ModuleMetadata = {}): TestCase =>
    TestCase.of({ controllers: [CoursesController], ...metadata })
      .on(adapter)
      .tracking(tracking({ requestContext }));
}

export function tracking(options: TrackingModuleOptions): TrackingModuleOptions {
  return { backends: { sink: backend(MemoryBackend) }, ...options };
}

export function contextOf(run: RunningCase): EventFields {
  return run.events().at(-1)!.context;
}

/** A guard after that of TestCase. It gets the request that handlers see, and may emit. */
export function withGuard(
  act: (request: EventFields, run: { emit(name: string): void }) => unknown,
): Pick<ModuleMetadata, 'providers'> {
  @Injectable()
  class ActingGuard implements CanActivate {
    constructor(private readonly tracker: TrackerService) {}

    canActivate(context: ExecutionContext): boolean {
      act(context.switchToHttp().getRequest<EventFields>(), this.tracker);
      return true;
    }
  }
  return { providers: [{ provide: APP_GUARD, useClass: ActingGuard }] };
}

interface SentRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** With no header but those given, which fetch does not do. */
export async function send(run: RunningCase, { path, headers = {} }: SentRequest): Promise<void> {
  const url = new URL(await run.url(path));
  await new Promise<void>((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}
