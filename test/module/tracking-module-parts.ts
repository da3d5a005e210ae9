import { Injectable, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  InjectOptions,
  TrackingConfigException,
  TrackingModule,
  type Backend,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { start } from '../support/start';

/** What the application says when it is started with these options. */
export async function errorsOf(options: unknown, ...more: DynamicModule[]): Promise<TrackingConfigException['errors']> {
  const error: unknown = await start(TrackingModule.forRoot(options as TrackingModuleOptions), ...more).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrackingConfigException);
  return (error as TrackingConfigException).errors;
}

@Injectable()
export class Greeting {
  readonly text = 'hello';
}
@Module({ providers: [Greeting], exports: [Greeting] })
export class GreetingModule {}

/** Tells what it was built with, and which hooks Nest called on it. */
@Injectable()
export class ToldBackend implements Backend, OnModuleInit, OnApplicationShutdown {
  readonly told: string[] = [];

  constructor(
    @InjectOptions() private readonly options: { readonly mark: string },
    private readonly greeting: Greeting,
  ) {}

  onModuleInit(): void {
    this.told.push('init');
  }

  send(event: TrackingEvent): void {
    this.told.push(`${this.options.mark} ${this.greeting.text} ${event.name}`);
  }

  onApplicationShutdown(): void {
    this.told.push('shutdown');
  }
}
