import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Body, Controller, Get, Post, Req, Res, Sse } from '@nestjs/common';
import { finalize, map, merge, NEVER, of, Subject, switchMap, tap, type Observable } from 'rxjs';
import { TrackerService } from '../../../../src/entries';
import { until } from '../../../support/until';
import { inTurns, USERS, type Drive, type UserRequest, type Way } from '../way';

interface RawReply {
  readonly raw?: ServerResponse;
}

const rawOf = (response: ServerResponse | RawReply): ServerResponse =>
  (response as RawReply).raw ?? (response as ServerResponse);

/** As a proxy sends them that does not wait for answers: all in one packet. */
export function pipelining(): Way {
  const event = 'pipelined.over';

  @Controller('pipelined')
  class AccessController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    async show(
      @Req() { user }: UserRequest,
      @Res({ passthrough: true }) response: ServerResponse | RawReply,
    ): Promise<object> {
      for (const name of ['finish', 'close'])
        rawOf(response).on(name, () => this.tracker.emit(event, { who: user.id }));
      await turn();
      return {};
    }
  }

  return {
    title: 'requests pipelined on one connection, at the end of each response',
    event,
    count: 2 * USERS.length,
    isOwn: true,
    controllers: [AccessController],
    act: (drive) => pipelined(drive, '/pipelined', 2 * USERS.length),
  };
}

/**
 * Writes that wait for the answer before them on the connection, and are then done by its end.
 */
export function pipelinedWrites(): Way {
  const event = 'write.done';
  const EARLY = { link: '</style.css>; rel=preload' };

  @Controller('pipelined-writes')
  class WriteController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    write(@Req() { user }: UserRequest, @Res() reply: ServerResponse | (RawReply & { hijack(): void })): void {
      const emit = (): void => this.tracker.emit(event, { who: user.id });
      if ('hijack' in reply) reply.hijack();
      const response = rawOf(reply);
      const delayMs = user.id === 1 ? 20 : 0;
      setTimeout(() => {
        response.writeEarlyHints(EARLY, emit);
        response.write('a', emit);
        response.write('b', 'utf8', emit);
        response.end(emit);
      }, delayMs);
    }
  }

  return {
    title: 'requests pipelined on one connection, when each write is done',
    event,
    count: 4 * USERS.length,
    isOwn: true,
    controllers: [WriteController],
    act: (drive) => pipelined(drive, '/pipelined-writes', 4 * USERS.length),
  };
}

/** Sends a request of each user in one packet, and waits for their events. */
async function pipelined({ port, tracker }: Drive, path: string, count: number): Promise<void> {
  const before = tracker.ledger.tracker().emitted;
  const socket = connect(port, '127.0.0.1');
  socket.resume();
  const texts = USERS.map((user) => `GET ${path} HTTP/1.1\r\nhost: a\r\nx-user: ${String(user)}\r\n\r\n`);
  socket.write(texts.join(''));
  await until(() => tracker.ledger.tracker().emitted === before + count);
  socket.destroy();
}

/** A client that goes away while the handler is at work. */
export function abort(): Way {
  const event = 'abort.seen';
  const steps = new EventEmitter();

  @Controller('abort')
  class SlowController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    async slow(
      @Req() request: UserRequest,
      @Res({ passthrough: true }) response: ServerResponse | RawReply,
    ): Promise<object> {
      const { user } = request;
      const isGone = once(
        rawOf(response).on('close', () => this.tracker.emit(event, { who: user.id })),
        'close',
      );
      steps.emit('begun');
      await isGone;
      await turn();
      this.tracker.emit(event, { who: user.id });
      steps.emit('done');
      return {};
    }
  }

  return {
    title: 'a client that goes away before its answer',
    event,
    count: 2 * USERS.length,
    isOwn: true,
    controllers: [SlowController],
    act: ({ port }) =>
      inTurns(async (user) => {
        const [isBegun, isDone] = [once(steps, 'begun'), once(steps, 'done')];
        const socket = connect(port, '127.0.0.1');
        socket.write(`GET /abort HTTP/1.1\r\nhost: a\r\nx-user: ${String(user)}\r\n\r\n`);
        await isBegun;
        socket.destroy();
        await isDone;
      }),
  };
}

/** A client that goes away while a middleware waits, before the guards know the user. */
export function leftEarly(): Way {
  const event = 'early.seen';
  const steps = new EventEmitter();

  @Controller('early')
  class EarlyController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    async find(@Req() { user }: UserRequest): Promise<object> {
      this.tracker.emit(event, { who: user.id });
      await turn();
      this.tracker.emit(event, { who: user.id });
      steps.emit('done');
      return {};
    }
  }

  return {
    title: 'a client that goes away before the handler begins',
    event,
    count: 2 * USERS.length,
    isOwn: true,
    controllers: [EarlyController],
    configure: (consumer) => {
      const wait = async (_request: unknown, response: ServerResponse, next: () => void): Promise<void> => {
        steps.emit('waiting');
        await once(response, 'close');
        await turn();
        next();
      };
      consumer.apply(wait).forRoutes('early');
    },
    act: ({ port }) =>
      inTurns(async (user) => {
        const [isWaiting, isDone] = [once(steps, 'waiting'), once(steps, 'done')];
        const socket = connect(port, '127.0.0.1');
        socket.write(`GET /early HTTP/1.1\r\nhost: a\r\nx-user: ${String(user)}\r\n\r\n`);
        await isWaiting;
        socket.destroy();
        await isDone;
      }),
  };
}

/** Streams that are left because their client goes away. */
export function abortedStreams(): Way {
  const event = 'stream.left';
  const PATHS = ['subject', 'nested', 'sse'] as const;
  const hot = new Subject<object>();

  @Controller('aborted')
  class StreamController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('subject')
    subject(@Req() request: UserRequest): Observable<object> {
      return hot.pipe(finalize(this.seeing(request)));
    }

    @Get('nested')
    nested(@Req() request: UserRequest): Observable<unknown> {
      return merge(NEVER, of(1).pipe(switchMap(() => hot.pipe(finalize(this.seeing(request))))));
    }

    @Sse('sse')
    sse(@Req() request: UserRequest): Observable<{ data: object }> {
      return hot.pipe(tap({ unsubscribe: this.seeing(request) }), map((data) => ({ data }))); // prettier-ignore
    }

    private seeing({ user }: UserRequest): () => void {
      return () => this.tracker.emit(event, { who: user.id });
    }
  }

  return {
    title: 'streams whose client goes away',
    event,
    count: PATHS.length * USERS.length,
    isOwn: true,
    needsUnsubscribe: true,
    controllers: [StreamController],
    act: async ({ port, tracker }) => {
      for (const path of PATHS)
        await inTurns(async (user) => {
          const before = tracker.ledger.tracker().emitted;
          const socket = connect(port, '127.0.0.1');
          socket.write(`GET /aborted/${path} HTTP/1.1\r\nhost: a\r\nx-user: ${String(user)}\r\n\r\n`);
          await until(() => hot.observed);
          socket.destroy();
          await until(() => tracker.ledger.tracker().emitted > before);
        });
    },
  };
}

/**
 * What is emitted while the body of a request comes in, packet by packet, on a connection that
 * others have used.
 */
export function slowBody(): Way {
  const event = 'body.read';

  @Controller('body')
  class BodyController {
    constructor(private readonly tracker: TrackerService) {}

    @Post()
    read(@Req() request: UserRequest & { raw?: IncomingMessage }, @Body() _body: object): void {
      this.tracker.emit(event, { who: request.user.id });
    }
  }

  return {
    title: 'bodies that come in several packets on one connection',
    event,
    count: USERS.length,
    isOwn: true,
    controllers: [BodyController],
    act: async ({ port, tracker }: Drive) => {
      const socket = connect(port, '127.0.0.1');
      socket.resume();
      await inTurns(async (user) => {
        const before = tracker.ledger.tracker().emitted;
        const headers = `host: a\r\nx-user: ${String(user)}\r\ncontent-type: application/json\r\ncontent-length: 8`;
        socket.write(`POST /body HTTP/1.1\r\n${headers}\r\n\r\n{"a"`);
        await turn();
        await turn();
        socket.write(': 1}');
        await until(() => tracker.ledger.tracker().emitted > before);
      });
      socket.destroy();
    },
  };
}
