import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { TestCase } from '../support/test-case';
import { CoursesService, eventsOf, shortly } from './handler-parts';

describe('A scheduled job', () => {
  it('gets context from @TrackingContext, and emits with @TrackEvent, at each run', async () => {
    @Injectable()
    class Jobs {
      private runs = 0;

      constructor(
        private readonly courses: CoursesService,
        private readonly schedule: SchedulerRegistry,
        private readonly tracker: TrackerService,
      ) {}

      @Interval('often', 2)
      @TrackingContext(({ self }) => ({ job: 'often', run: ++(self as Jobs).runs }))
      @TrackEvent('job.done')
      async often(): Promise<void> {
        if (this.runs === 2) this.schedule.deleteInterval('often');
        this.tracker.enterContext('entered', { [`entered_${this.runs}`]: true });
        await this.courses.load('a');
      }

      @Cron('0 0 3 * * *', { name: 'nightly' })
      @TrackEvent('job.done')
      @TrackingContext({ job: 'nightly' })
      async nightly(): Promise<void> {
        await this.courses.load('b');
      }
    }
    const run = await TestCase.of({
      imports: [ScheduleModule.forRoot()],
      providers: [Jobs, CoursesService],
    }).start();
    const often = await eventsOf(run, 4);
    await run.app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
    const all = await eventsOf(run, 6);
    expect(shortly(often).toSorted()).toEqual(
      [1, 2]
        .flatMap((at) => [
          ['course.loaded', { id: 'a' }, { job: 'often', run: at, [`entered_${at}`]: true }],
          ['job.done', {}, { job: 'often', run: at, [`entered_${at}`]: true }],
        ])
        .toSorted(),
    );
    expect(shortly(all.slice(4))).toEqual([
      ['course.loaded', { id: 'b' }, { job: 'nightly' }],
      ['job.done', {}, { job: 'nightly' }],
    ]);
  });
});

describe('A handler of @OnEvent', () => {
  it('gets the context of the emitting code and of @TrackingContext, and emits with @TrackEvent', async () => {
    @Injectable()
    class Listeners {
      constructor(
        private readonly courses: CoursesService,
        private readonly tracker: TrackerService,
      ) {}

      @OnEvent('course.opened')
      @TrackingContext({ listener: 'sync' })
      @TrackEvent('listened', ({ args: [course] }) => ({ id: (course as { id: string }).id }))
      opened({ id }: { id: string }): void {
        this.tracker.emit('opened', { id });
      }

      @OnEvent('course.opened', { async: true })
      @TrackingContext({ listener: 'async' })
      @TrackEvent('listened', ({ args: [course] }) => ({ id: (course as { id: string }).id }))
      async openedLater({ id }: { id: string }): Promise<void> {
        await this.courses.load(id);
      }
    }
    @Controller()
    class CoursesController {
      constructor(
        private readonly bus: EventEmitter2,
        private readonly tracker: TrackerService,
      ) {}

      @Get('open/:id')
      open(@Param('id') id: string): object {
        this.tracker.context({ opening: id }, () => this.bus.emit('course.opened', { id }));
        this.tracker.emit('answered', { id });
        return {};
      }
    }
    const run = await TestCase.of({
      imports: [EventEmitterModule.forRoot()],
      controllers: [CoursesController],
      providers: [Listeners, CoursesService],
    }).start();
    await Promise.all(['a', 'b'].map((id) => run.get(`/open/${id}`)));
    const events = await eventsOf(run, 10);
    for (const id of ['a', 'b']) {
      const ofCourse = events.filter(({ data }) => data['id'] === id);
      const seen = ofCourse.map(({ name, context: { path, opening, listener } }) => [name, path, opening, listener]);
      expect(seen.toSorted()).toEqual([
        ['answered', `/open/${id}`, undefined, undefined],
        ['course.loaded', `/open/${id}`, id, 'async'],
        ['listened', `/open/${id}`, id, 'async'],
        ['listened', `/open/${id}`, id, 'sync'],
        ['opened', `/open/${id}`, id, 'sync'],
      ]);
    }
  });
});
