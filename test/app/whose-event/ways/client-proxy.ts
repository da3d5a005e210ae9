import type { AddressInfo, Server } from 'node:net';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Req,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestMicroservice,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
  type ClientOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { firstValueFrom, map, mergeMap, of, tap, type Observable } from 'rxjs';
import { TrackerService, TrackingContext } from '../../../../src/entries';
import { inTurns, USERS, type UserRequest, type Way } from '../way';

const PATHS = ['piped', 'decorated', 'inner', 'awaited'] as const;

/**
 * A gateway in front of a microservice, whose one connection is opened by the first request that
 * needs it.
 */
function clientProxyWay(name: string, optionsFor: (port: number) => MicroserviceOptions & ClientOptions): Way {
  const CLIENT = `client over ${name}`;
  const event = `${name}.answered`;
  let service: INestMicroservice;
  let port = 0;

  @Controller()
  class PricesController {
    @MessagePattern(`price over ${name}`)
    price(@Payload() id: number): number {
      return id;
    }
  }

  @Module({ controllers: [PricesController] })
  class PricesModule {}

  @Injectable()
  class Audit implements NestInterceptor {
    constructor(private readonly tracker: TrackerService) {}

    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const { user } = context.switchToHttp().getRequest<UserRequest>();
      return next.handle().pipe(tap(() => this.tracker.emit(event, { who: user.id })));
    }
  }

  @Controller(name)
  @UseInterceptors(Audit)
  class GatewayController {
    constructor(
      @Inject(CLIENT) private readonly client: ClientProxy,
      private readonly tracker: TrackerService,
    ) {}

    @Get('piped')
    piped(@Req() { user }: UserRequest): Observable<number> {
      return this.price(user.id).pipe(map((price) => this.emitted(price, user.id)));
    }

    @Get('decorated')
    @TrackingContext({ area: 'prices' })
    decorated(@Req() { user }: UserRequest): Observable<number> {
      return this.price(user.id).pipe(tap((price) => this.emitted(price, user.id)));
    }

    @Get('inner')
    inner(@Req() { user }: UserRequest): Observable<number> {
      const priced = (): Observable<number> => this.price(user.id).pipe(tap((price) => this.emitted(price, user.id)));
      return of(1).pipe(mergeMap(priced));
    }

    @Get('awaited')
    async awaited(@Req() { user }: UserRequest): Promise<number> {
      return firstValueFrom(this.price(user.id).pipe(tap((price) => this.emitted(price, user.id))));
    }

    private price(id: number): Observable<number> {
      return this.client.send<number>(`price over ${name}`, id);
    }

    private emitted(price: number, who: number): number {
      this.tracker.emit(event, { who });
      return price;
    }
  }

  return {
    title: `a ClientProxy over ${name}`,
    event,
    count: 2 * PATHS.length * USERS.length,
    isOwn: true,
    controllers: [GatewayController],
    providers: [{ provide: CLIENT, useFactory: () => ClientProxyFactory.create(optionsFor(port)) }],
    open: async () => {
      const settings = { ...optionsFor(0), logger: false as const };
      service = await NestFactory.createMicroservice<MicroserviceOptions>(PricesModule, settings);
      await service.listen();
      if (name === 'tcp') port = (service.unwrap<Server>().address() as AddressInfo).port;
    },
    act: ({ as }) =>
      inTurns(async (user) => {
        for (const path of PATHS) await as(user, `/${name}/${path}`);
      }),
    close: () => service.close(),
  };
}

export const overTcp = (): Way =>
  clientProxyWay('tcp', (port) => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }));

export const overRedis = (url: string): Way => {
  const { hostname, port } = new URL(url);
  return clientProxyWay('redis', () => ({
    transport: Transport.REDIS,
    options: { host: hostname, port: Number(port) },
  }));
};
