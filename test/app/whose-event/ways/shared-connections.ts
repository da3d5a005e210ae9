import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import {
  Controller,
  Get,
  Injectable,
  NotFoundException,
  Req,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { tap, type Observable } from 'rxjs';
import { TrackerService } from '../../../../src/entries';
import { inTurns, USERS, type UserRequest, type Way } from '../way';

const ECHO =
  "const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage(m));";

/** The first request makes the worker, and every answer comes in its flow. */
function workerWay(name: string, isOwn: boolean): Way {
  const event = `${name}.answered`;
  let worker: Worker | undefined;

  @Controller(name)
  class WorkController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    async work(@Req() { user }: UserRequest): Promise<object> {
      const working = (worker ??= new Worker(ECHO, { eval: true }));
      const answer = new Promise<object>((resolve) => {
        const answered = (): void => {
          this.tracker.emit(event, { who: user.id });
          resolve({});
        };
        working.once('message', isOwn ? this.tracker.bind(answered) : answered);
      });
      working.postMessage(user.id);
      return answer;
    }
  }

  return {
    title: `a worker thread that requests share${isOwn ? ', its listeners bound' : ''}`,
    event,
    count: USERS.length,
    isOwn,
    controllers: [WorkController],
    act: ({ as }) => inTurns((user) => as(user, `/${name}`)),
    close: async () => {
      await worker?.terminate();
      worker = undefined;
    },
  };
}

export const worker = (): Way => workerWay('worker', false);
export const boundWorker = (): Way => workerWay('bound-worker', true);

/** A client as older drivers are: one connection, and callbacks that keep no async context. */
export class EchoClient {
  private readonly waiting = new Map<string, () => void>();
  private readonly server = createServer((socket) => socket.pipe(socket));
  private socket: Socket | undefined;
  private last = 0;

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Connects when it is first asked. */
  ask(callback: () => void): void {
    const id = String(++this.last);
    this.waiting.set(id, callback);
    this.connected().write(`${id}\n`);
  }

  close(): void {
    this.socket?.destroy();
    this.server.close();
  }

  private connected(): Socket {
    if (this.socket !== undefined) return this.socket;
    const { port } = this.server.address() as AddressInfo;
    return (this.socket = connect(port, '127.0.0.1').on('data', (chunk) => {
      for (const id of chunk.toString().split('\n')) this.waiting.get(id)?.();
    }));
  }
}

/** Everything that Nest runs of a request, behind a middleware which goes on in another's flow. */
export function lostMiddleware(): Way {
  const event = 'lost.seen';
  const client = new EchoClient();

  @Injectable()
  class Emitting {
    constructor(readonly tracker: TrackerService) {}

    seen({ user }: UserRequest): void {
      this.tracker.emit(event, { who: user.id });
    }
  }

  @Injectable()
  class EmittingGuard extends Emitting implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      this.seen(context.switchToHttp().getRequest());
      return true;
    }
  }

  @Injectable()
  class EmittingInterceptor extends Emitting implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const request = context.switchToHttp().getRequest<UserRequest>();
      this.seen(request);
      return next.handle().pipe(tap({ error: () => this.seen(request) }));
    }
  }

  @Injectable()
  class EmittingFilter extends Emitting implements ExceptionFilter {
    catch(_error: unknown, host: ArgumentsHost): void {
      const http = host.switchToHttp();
      this.seen(http.getRequest());
      http.getResponse<{ status(code: number): { send(body: object): void } }>().status(404).send({});
    }
  }

  @Controller('lost')
  @UseGuards(EmittingGuard)
  @UseInterceptors(EmittingInterceptor)
  @UseFilters(EmittingFilter)
  class LostController extends Emitting {
    @Get()
    find(@Req() request: UserRequest): never {
      this.seen(request);
      throw new NotFoundException();
    }
  }

  return {
    title: 'a middleware that goes on in a callback of a shared connection',
    event,
    count: 5 * USERS.length,
    isOwn: true,
    controllers: [LostController],
    open: () => client.open(),
    configure: (consumer) => {
      consumer
        .apply((_request: unknown, _response: unknown, next: () => void) => {
          client.ask(next);
        })
        .forRoutes('lost');
    },
    act: ({ as }) => inTurns((user) => as(user, '/lost')),
    close: () => {
      client.close();
    },
  };
}

/** The callback of a connection that the first request has opened. */
function subscriberWay(name: string, isOwn: boolean): Way {
  const event = `${name}.told`;
  const client = new EchoClient();
  const told = new EventEmitter();

  @Controller(name)
  class SubscriberController {
    constructor(private readonly tracker: TrackerService) {}

    @Get()
    subscribe(@Req() { user }: UserRequest): void {
      const listener = (): void => {
        this.tracker.emit(event, { who: user.id });
        told.emit('told');
      };
      client.ask(isOwn ? this.tracker.bind(listener) : listener);
    }
  }

  return {
    title: `a callback of a connection that requests share${isOwn ? ', bound' : ''}`,
    event,
    count: USERS.length,
    isOwn,
    controllers: [SubscriberController],
    open: () => client.open(),
    act: ({ as }) =>
      inTurns(async (user) => {
        const isTold = once(told, 'told');
        await as(user, `/${name}`);
        await isTold;
      }),
    close: () => {
      client.close();
    },
  };
}

export const subscriber = (): Way => subscriberWay('subscriber', false);
export const boundSubscriber = (): Way => subscriberWay('bound-subscriber', true);
