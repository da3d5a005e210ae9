import { once } from 'node:events';
import { Args, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { GraphQLModule } from '@nestjs/graphql';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { map, Subject, take, tap, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { TrackerService, TrackingContext } from '../../../../src';
import { until } from '../../../support/until';
import { USERS, type Way } from '../way';

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
      return said.pipe(
        take(1),
        tap(() => this.tracker.emit(event, { who: id })),
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
    count: USERS.length,
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
