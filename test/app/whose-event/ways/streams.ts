import { EventEmitter, once } from 'node:events';
import { Controller, Get, Post, Req, Sse } from '@nestjs/common';
import { concatMap, map, Subject, take, tap, type Observable } from 'rxjs';
import { TrackerService, TrackingContext } from '../../../../src/entries';
import { until } from '../../../support/until';
import { inTurns, USERS, type UserRequest, type Way } from '../way';

/** Users 1 and 2 listen to what user 3 says. */
function sseWay(name: string, isDecorated: boolean): Way {
  const event = `${name}.sent`;
  const said = new Subject<string>();

  @Controller(name)
  class RoomController {
    constructor(private readonly tracker: TrackerService) {}

    @Sse('room')
    room(@Req() { user }: UserRequest): Observable<object> {
      return said.pipe(
        take(2),
        tap(() => this.tracker.emit(event, { who: user.id })),
        map((data) => ({ data })),
        tap(() => this.tracker.emit(event, { who: user.id })),
      );
    }

    @Post('say')
    say(): void {
      said.next('hello');
    }
  }
  if (isDecorated) TrackingContext({ area: 'room' })(RoomController);

  return {
    title: `server-sent events over a Subject${isDecorated ? ', in a @TrackingContext' : ''}`,
    event,
    count: 2 * 2 * 2,
    isOwn: true,
    controllers: [RoomController],
    act: async ({ as }) => {
      const listening = [as(1, `/${name}/room`), as(2, `/${name}/room`)];
      await until(() => observers(said) === 2);
      await as(3, `/${name}/say`, { method: 'POST' });
      await as(3, `/${name}/say`, { method: 'POST' });
      await Promise.all(listening);
    },
  };
}

function observers(subject: object): number {
  return (subject as { observers: readonly unknown[] }).observers.length;
}

export const plainSse = (): Way => sseWay('sse', false);
export const scopedSse = (): Way => sseWay('scoped-sse', true);

/** Each user waits for what the next one says. */
export function longPoll(): Way {
  const event = 'poll.answered';
  const bus = new EventEmitter();

  @Controller('poll')
  class PollController {
    constructor(private readonly tracker: TrackerService) {
      tracker.bindEmitter(bus);
    }

    @Get()
    poll(@Req() { user }: UserRequest): Promise<object> {
      return this.tracker.context({ poll: user.id }, () => {
        return new Promise((resolve) => {
          bus.once('said', () => {
            this.tracker.emit(event, { who: user.id });
            resolve({});
          });
          bus.emit('polling');
        });
      });
    }

    @Post()
    say(): void {
      bus.emit('said');
    }
  }

  return {
    title: 'a long poll answered by an emitter that was bound',
    event,
    count: USERS.length,
    isOwn: true,
    controllers: [PollController],
    act: async ({ as }) =>
      inTurns(async (user) => {
        const isPolling = once(bus, 'polling');
        const polled = as(user, '/poll');
        await isPolling;
        await as(user === 3 ? 1 : user + 1, '/poll', { method: 'POST' });
        await polled;
      }),
  };
}

/** A queue inside of the process: what it runs is begun by the end of what it ran before. */
function sagaWay(name: string, isOwn: boolean): Way {
  const event = `${name}.worked`;
  let release: () => void = () => undefined;
  let done = 0;

  @Controller(name)
  class JobsController {
    private readonly jobs = new Subject<() => Promise<void>>();

    constructor(private readonly tracker: TrackerService) {
      this.jobs.pipe(concatMap((job) => job())).subscribe();
    }

    @Post()
    begin(@Req() { user }: UserRequest): void {
      const job = async (): Promise<void> => {
        await new Promise<void>((resolve) => (release = resolve));
        this.tracker.emit(event, { who: user.id });
        done++;
      };
      this.jobs.next(isOwn ? this.tracker.bind(job) : job);
    }
  }

  return {
    title: `jobs in a concatMap${isOwn ? ', each bound' : ''}`,
    event,
    count: USERS.length,
    isOwn,
    controllers: [JobsController],
    act: async ({ as }) => {
      await inTurns((user) => as(user, `/${name}`, { method: 'POST' }));
      for (let at = 0; at < USERS.length; at++) {
        release();
        await until(() => done > at);
      }
    },
  };
}

export const boundSaga = (): Way => sagaWay('bound-saga', true);
export const saga = (): Way => sagaWay('saga', false);
