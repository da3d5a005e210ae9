import { randomUUID } from 'node:crypto';
import { HttpException, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ModuleRef } from '@nestjs/core';
import { TrackerService } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';
import { EnrollmentController } from '../enrollment/enrollment.controller';
import { ProblemsController } from '../problems/problems.controller';
import type { Settings } from '../settings';
import type { DemoUser } from '../users/demo-user';
import { VideoController } from '../video/video.controller';
import { learnerSession, type LearnerAction, type LearnerRoutes } from './learner-session';

const TICK_MS = 100;
/** Number of learners that are active at the same time. */
const LEARNERS = 8;
/**
 * Ids of simulated learners. They are reused, so that the services do not need more and more
 * memory.
 */
const IDS = { first: 1000, count: 9000 };

interface ActiveLearner {
  readonly user: DemoUser;
  readonly session: Iterator<LearnerAction, void>;
}

/**
 * Emits events while nobody uses the platform: simulated learners call the handlers of the
 * controllers, each in a scope with the fields that a request has. Off unless SAMPLE_TRAFFIC is
 * set.
 */
@Injectable()
export class DemoTraffic implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly learners: ActiveLearner[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextId = 0;
  /** Number of events that are due. An action can emit more, which the next ticks make up for. */
  private due = 0;

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
    this.timer = setInterval(() => {
      this.due += (eventsPerSecond * TICK_MS) / 1000;
      while (this.due >= 1) this.due -= this.act(routes);
    }, TICK_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Performs the next action of one learner and returns its number of events. */
  private act(routes: LearnerRoutes): number {
    const place = Math.floor(Math.random() * LEARNERS);
    const learner = (this.learners[place] ??= this.newLearner(routes));
    const next = learner.session.next();
    if (next.done) {
      this.learners[place] = this.newLearner(routes);
      return 0;
    }
    this.tracker.context('request', requestOf(learner.user, next.value), () => {
      respond(next.value);
    });
    return next.value.events;
  }

  private newLearner(routes: LearnerRoutes): ActiveLearner {
    const number = this.nextId++ % IDS.count;
    const user = { id: IDS.first + number, username: `learner-${number}` };
    const courses = this.courses.all();
    const course = courses[number % courses.length];
    return { user, session: course ? learnerSession(routes, user, course) : [][Symbol.iterator]() };
  }
}

/**
 * Runs the handler. An error that Nest would answer with a status 4xx is part of the simulation.
 */
function respond({ run }: LearnerAction): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof HttpException)) throw error;
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
