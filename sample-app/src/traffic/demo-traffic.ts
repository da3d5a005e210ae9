import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpException, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ModuleRef } from '@nestjs/core';
import { TrackerService } from 'nestjs-event-tracking';
import { CoursesService, type Course } from '../courses/courses.service';
import { EnrollmentController } from '../enrollment/enrollment.controller';
import { ProblemsController } from '../problems/problems.controller';
import type { Settings } from '../settings';
import type { DemoUser } from '../users/demo-user';
import { VideoController } from '../video/video.controller';
import { learnerSession, type LearnerAction, type LearnerRoutes } from './learner-session';

/** Number of learners that are active at the same time. */
const LEARNERS = 8;
/**
 * Ids of simulated learners. They are reused, so that the services do not need more and more
 * memory.
 */
const IDS = { first: 1000, count: 9000 };

/**
 * Emits events while nobody uses the platform: simulated learners call the handlers of the
 * controllers, each in a scope with the fields that a request has. Off unless SAMPLE_TRAFFIC is
 * set.
 */
@Injectable()
export class DemoTraffic implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DemoTraffic.name);
  private readonly ending = new AbortController();
  private learners: Promise<void>[] = [];
  private nextId = 0;

  constructor(
    private readonly config: ConfigService<Settings, true>,
    private readonly courses: CoursesService,
    private readonly tracker: TrackerService,
    private readonly modules: ModuleRef,
  ) {}

  onApplicationBootstrap(): void {
    const eventsPerSecond = this.config.get('traffic', { infer: true });
    if (eventsPerSecond === 0) return;
    const routes = {
      enrollment: this.modules.get(EnrollmentController),
      problems: this.modules.get(ProblemsController),
      video: this.modules.get(VideoController),
    };
    const msPerEvent = (LEARNERS * 1000) / eventsPerSecond;
    this.learners = Array.from({ length: LEARNERS }, () => this.learn(routes, msPerEvent));
  }

  /** Waits for the actions in progress, which use the database. */
  async onModuleDestroy(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.learners);
  }

  /** Performs the sessions of one learner after the other, at the pace of `msPerEvent`. */
  private async learn(routes: LearnerRoutes, msPerEvent: number): Promise<void> {
    const { signal } = this.ending;
    let dueAt = performance.now() + Math.random() * msPerEvent;
    for (;;) {
      const [user, course] = this.newLearner();
      for (const action of learnerSession(routes, user, course)) {
        await wait(Math.max(0, dueAt - performance.now()), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        await this.tracker.context('request', requestOf(user, action), () => this.respond(action));
        // A slow action is made up for, but only its last second.
        dueAt = Math.max(dueAt, performance.now() - 1000) + action.events * msPerEvent;
      }
    }
  }

  private newLearner(): [user: DemoUser, course: Course] {
    const number = this.nextId++ % IDS.count;
    const courses = this.courses.all();
    return [{ id: IDS.first + number, username: `learner-${number}` }, courses[number % courses.length] as Course];
  }

  /**
   * Runs the handler. An error that Nest would answer with a status 4xx is part of the simulation.
   */
  private async respond({ run }: LearnerAction): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof HttpException)) this.logger.error(error);
    }
  }
}

function requestOf(user: DemoUser, { method, path }: LearnerAction): Record<string, unknown> {
  return {
    request_id: randomUUID(),
    method,
    path,
    host: 'learn.example',
    agent: user.id % 2 === 0 ? 'Mozilla/5.0 (simulated browser)' : 'LearningApp/3.1 (simulated phone)',
    ip: `203.0.113.${user.id % 255}`,
    user_id: user.id,
    username: user.username,
  };
}
