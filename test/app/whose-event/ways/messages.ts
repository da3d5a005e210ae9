import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import {
  Controller,
  Get,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Args, Context, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { GraphQLModule } from '@nestjs/graphql';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { firstValueFrom, map, merge, NEVER, Subject, switchMap, take, tap, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { TrackerService, TrackingContext } from '../../../../src/entries';
import { until } from '../../../support/until';
import { USERS, type UserRequest, type Way } from '../way';
import { FEEDER, Feed } from './feed';

/** Messages of several users, each answered by what one of them says. */
export function gateway(): Way {
  const event = 'gateway.answered';
  const said = new Subject<string>();
  let waiting = 0;

  @WebSocketGateway({ path: '/gateway' })
  class RoomGateway {
    constructor(private readonly tracker: TrackerService) {}

    @SubscribeMessage('listen')
    @TrackingContext(({ args: [id] }) => ({ user_id: Number(id) }))
    listen(@MessageBody() id: number): Observable<object> {
      waiting++;
      const see = (): void => this.tracker.emit(event, { who: id });
      return merge(said.pipe(tap(see)), NEVER).pipe(
        take(1),
        tap(see),
        map((data) => ({ event: 'heard', data })),
      );
    }

    @SubscribeMessage('say')
    @TrackingContext({ user_id: 99 })
    say(): void {
      said.next('hello');
    }
  }

  return {
    title: 'a gateway whose messages are answered by a Subject',
    event,
    count: 2 * USERS.length,
    isOwn: true,
    providers: [RoomGateway],
    prepare: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    act: async ({ port }) => {
      const sockets = USERS.map(() => new WebSocket(`ws://127.0.0.1:${String(port)}/gateway`));
      await Promise.all(sockets.map((socket) => once(socket, 'open')));
      const answers = sockets.map((socket) => once(socket, 'message'));
      sockets.forEach((socket, at) => {
        socket.send(JSON.stringify({ event: 'listen', data: USERS[at] }));
      });
      await until(() => waiting === USERS.length);
      sockets[0]!.send(JSON.stringify({ event: 'say', data: '' }));
      await Promise.all(answers);
      for (const socket of sockets) socket.terminate();
      waiting = 0;
    },
  };
}

/** Messages of a microservice, behind an interceptor that waits for a stream which all share. */
export function microservice(): Way {
  const event = 'message.answered';
  const feed = new Feed();
  let client: ClientProxy | undefined;

  class Gate implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return feed.hot.pipe(
        take(1),
        switchMap(() => next.handle()),
      );
    }
  }

  @Controller('messages')
  class MessagesController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('feed')
    feed(): void {
      feed.start();
    }

    @MessagePattern('listen')
    @UseInterceptors(Gate)
    @TrackingContext(({ args: [id] }) => ({ user_id: Number(id) }))
    listen(@Payload() id: number): Observable<number> {
      const see = (): void => this.tracker.emit(event, { who: id });
      see();
      return merge(feed.hot.pipe(tap(see)), NEVER).pipe(take(1), tap(see));
    }
  }

  return {
    title: 'messages of a microservice that wait for a Subject',
    event,
    count: 3 * USERS.length,
    isOwn: true,
    controllers: [MessagesController],
    prepare: async (app) => {
      const service = app.connectMicroservice<MicroserviceOptions>({
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: 0 },
      });
      await app.startAllMicroservices();
      const { port } = service.unwrap<Server>().address() as AddressInfo;
      client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    },
    act: async ({ as }) => {
      await as(FEEDER, '/messages/feed');
      await Promise.all(USERS.map((user) => firstValueFrom(client!.send('listen', user))));
    },
    close: async () => {
      feed.stop();
      await client?.close();
    },
  };
}

/** Queries whose resolvers and interceptors wait for a stream which all share. */
export function graphqlQuery(): Way {
  const event = 'query.answered';
  const feed = new Feed();

  @Injectable()
  class Gate implements NestInterceptor {
    constructor(private readonly tracker: TrackerService) {}

    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const { req } = context.getArgByIndex<{ req: UserRequest }>(2);
      return feed.hot.pipe(
        take(1),
        switchMap(() => next.handle()),
        tap(() => this.tracker.emit(event, { who: req.user.id })),
      );
    }
  }

  @Resolver()
  class NewsResolver {
    constructor(private readonly tracker: TrackerService) {}

    @Query(() => Int)
    feed(): number {
      feed.start();
      return 1;
    }

    @Query(() => Int)
    @UseInterceptors(Gate)
    news(@Context() { req }: { req: UserRequest }): Observable<number> {
      const see = (): void => this.tracker.emit(event, { who: req.user.id });
      see();
      return merge(feed.hot.pipe(tap(see)), NEVER).pipe(take(1), tap(see));
    }
  }

  const ask = (query: string): { method: string; body: string } => ({
    method: 'POST',
    body: JSON.stringify({ query }),
  });
  return {
    title: 'a GraphQL query that waits for a Subject',
    event,
    count: 4 * USERS.length,
    isOwn: true,
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, graphiql: false }),
    ],
    providers: [NewsResolver],
    act: async ({ as }) => {
      await as(FEEDER, '/graphql', ask('{ feed }'));
      await Promise.all(USERS.map((user) => as(user, '/graphql', ask('{ news }'))));
    },
    close: () => {
      feed.stop();
    },
  };
}

/** Each subscriber is sent what the query of another publishes. */
export function graphqlSubscription(): Way {
  const event = 'subscription.sent';
  const published = new Subject<number>();

  @Resolver()
  class RoomResolver {
    constructor(private readonly tracker: TrackerService) {}

    @Query(() => Int)
    publish(): number {
      published.next(1);
      return 1;
    }

    @Subscription(() => Int, { resolve: (value: number) => value })
    @TrackingContext(({ args: [id] }) => ({ user_id: Number(id) }))
    async *room(@Args('id', { type: () => Int }) id: number): AsyncGenerator<number> {
      const value = await new Promise<number>((resolve) => published.pipe(take(1)).subscribe(resolve));
      this.tracker.emit(event, { who: id });
      yield value;
    }
  }

  return {
    title: 'a GraphQL subscription fed by the query of another',
    event,
    count: USERS.length,
    isOwn: true,
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        graphiql: false,
        subscriptions: { 'graphql-ws': true },
      }),
    ],
    providers: [RoomResolver],
    act: async ({ as, port }) => {
      const client = createClient({
        url: `ws://127.0.0.1:${String(port)}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      const sent = USERS.map(
        (user) =>
          new Promise<void>((resolve, reject) => {
            const query = `subscription { room(id: ${String(user)}) }`;
            client.subscribe({ query }, { next: () => undefined, error: reject, complete: resolve });
          }),
      );
      await until(() => (published as unknown as { observers: unknown[] }).observers.length === USERS.length);
      await as(1, '/graphql', { method: 'POST', body: JSON.stringify({ query: '{ publish }' }) });
      await Promise.all(sent);
      await client.dispose();
    },
  };
}
