/**
 * A process of its own for rejections that nobody handles: `crash plain` and `crash tracked` leave
 * one behind; `compare` prints, for each way of handling one, what the process reports without and
 * with the decorators.
 */
import 'reflect-metadata';
import { setImmediate as turn } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Injectable, Module } from '@nestjs/common';
import { backend, MemoryBackend, TrackEvent, TrackerService, TrackingContext, TrackingModule } from '../../src/entries';

const refuse = async (): Promise<never> => {
  await turn();
  throw new Error('refused');
};

async function* steps(): AsyncGenerator<number> {
  yield 1;
  await turn();
  throw new Error('refused');
}

class Cancellable extends Promise<unknown> {
  cancel(): void {}
}

/** Each method as it is, and as it is with decorators. */
@Injectable()
class Plain {
  constructor(protected readonly tracker: TrackerService) {}

  async charge(): Promise<unknown> {
    return refuse();
  }

  onError(): Promise<unknown> {
    return refuse();
  }

  settled(): Promise<unknown> {
    return refuse();
  }

  twice(): Promise<unknown> {
    return refuse();
  }

  inScope(): Promise<unknown> {
    return refuse();
  }

  context(): Promise<unknown> {
    return refuse();
  }

  cancellable(): Cancellable {
    return new Cancellable((resolve, reject) => void refuse().catch(reject));
  }

  steps(): AsyncGenerator<number> {
    return steps();
  }

  throws(): Promise<unknown> {
    throw new Error('refused');
  }
}

@Injectable()
class Tracked extends Plain {
  @TrackEvent('charge')
  override async charge(): Promise<unknown> {
    return super.charge();
  }

  @TrackEvent('charge', { on: 'error' })
  override onError(): Promise<unknown> {
    return super.onError();
  }

  @TrackEvent('charge', { on: 'settled' })
  override settled(): Promise<unknown> {
    return super.settled();
  }

  @TrackEvent('upper', { on: 'settled' })
  @TrackEvent('lower')
  override twice(): Promise<unknown> {
    return super.twice();
  }

  @TrackingContext({ a: 1 })
  @TrackEvent('charge', { on: 'error' })
  @TrackingContext({ b: 1 })
  override inScope(): Promise<unknown> {
    return super.inScope();
  }

  override context(): Promise<unknown> {
    return this.tracker.context({ a: 1 }, () => super.context());
  }

  @TrackingContext({ a: 1 })
  @TrackEvent('charge', { on: 'error' })
  override cancellable(): Cancellable {
    return super.cancellable();
  }

  @TrackEvent('charge', { on: 'error' })
  override steps(): AsyncGenerator<number> {
    return super.steps();
  }

  @TrackEvent('charge', { on: 'error' })
  override throws(): Promise<unknown> {
    return super.throws();
  }
}

type Charge = () => Promise<unknown>;

/** What callers do with the promise that they get. */
const callers: Readonly<Record<string, (charge: Charge) => unknown>> = {
  'nobody awaits it': (charge) => charge(),
  'it is awaited': async (charge) => {
    await charge().catch(() => undefined);
  },
  'it is handled by the second argument of then': (charge) => charge().then(undefined, () => undefined),
  'it is chained, and nobody handles the end': (charge) => charge().then(() => 1),
  'it is chained to two ends': (charge) => {
    const charging = charge();
    void charging.then(() => 1);
    void charging.finally(() => undefined);
  },
  'it is awaited after it was reported': async (charge) => {
    const charging = charge();
    for (let turns = 0; turns < 10; turns++) await turn();
    await charging.catch(() => undefined);
  },
  'it is one of several': (charge) => Promise.allSettled([charge(), charge()]),
  'it loses a race': (charge) => Promise.race([charge(), Promise.resolve(1)]),
};

async function reportsOf(run: () => unknown): Promise<string[]> {
  const reports: string[] = [];
  const unhandled = (reason: unknown): number => reports.push(`unhandled ${String(reason)}`);
  const handled = (): number => reports.push('handled later');
  process.on('unhandledRejection', unhandled).on('rejectionHandled', handled);
  try {
    void run();
  } catch (error) {
    reports.push(`thrown ${String(error)}`);
  }
  for (let turns = 0; turns < 30; turns++) await turn();
  process.off('unhandledRejection', unhandled).off('rejectionHandled', handled);
  return reports;
}

async function compare(plain: Plain, tracked: Plain): Promise<void> {
  const methods = ['charge', 'onError', 'settled', 'twice', 'inScope', 'context', 'cancellable', 'throws'] as const;
  for (const method of methods) {
    for (const [caller, call] of Object.entries(callers)) {
      const [without, withThem] = [
        await reportsOf(() => call(() => plain[method]())),
        await reportsOf(() => call(() => tracked[method]())),
      ];
      console.log(JSON.stringify({ what: `${method}: ${caller}`, without, with: withThem }));
    }
  }
  const read = (service: Plain) => async (): Promise<void> => {
    const iterator = service.steps();
    await iterator.next();
    void iterator.next();
  };
  const [without, withThem] = [await reportsOf(read(plain)), await reportsOf(read(tracked))];
  console.log(JSON.stringify({ what: 'steps: nobody awaits one', without, with: withThem }));
}

@Module({
  imports: [
    TrackingModule.forRoot({ logger: { log() {}, warn() {}, error() {} }, backends: { sink: backend(MemoryBackend) } }),
  ],
  providers: [Plain, Tracked],
})
class AppModule {}

void NestFactory.createApplicationContext(AppModule, { logger: false }).then(async (app) => {
  const [plain, tracked] = [app.get(Plain), app.get(Tracked)];
  const [, , command, which] = process.argv;
  if (command === 'compare') {
    await compare(plain, tracked);
  } else {
    const of = { plain, tracked }[which as 'plain' | 'tracked'];
    void of.charge();
    for (let turns = 0; turns < 20; turns++) await turn();
    console.log('went on');
  }
  await app.close();
});
