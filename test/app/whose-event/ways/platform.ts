import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { TrackerService } from '../../../../src';
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
    act: async ({ port, tracker }) => {
      const before = tracker.ledger.tracker().emitted;
      const socket = connect(port, '127.0.0.1');
      socket.resume();
      const texts = USERS.map((user) => `GET /pipelined HTTP/1.1\r\nhost: a\r\nx-user: ${String(user)}\r\n\r\n`);
      socket.write(texts.join(''));
      await until(() => tracker.ledger.tracker().emitted === before + 2 * USERS.length);
      socket.destroy();
    },
  };
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

/** What is emitted while the body of a request comes in, packet by packet, on a connection that others have used. */
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
