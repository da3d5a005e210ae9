import { Inject, Injectable, Module } from '@nestjs/common';
import {
  backend,
  InjectOptions,
  processor,
  TrackingConfigException,
  TrackingModule,
  type Backend,
  type Destination,
  type EventProcessor,
} from '../../src/entries';
import { start } from '../support/start';

class Mailer {
  send(): void {}
}
@Module({ providers: [Mailer], exports: [Mailer] })
class MailModule {}

class BareBackend implements Backend {
  constructor(private readonly mailer: Mailer) {}
  send(): void {
    this.mailer.send();
  }
}
class BareDestination implements Destination {
  constructor(
    readonly mailer: Mailer,
    readonly other: Mailer,
  ) {}
  async sendBatch(): Promise<void> {}
}
class BareProcessor implements EventProcessor {
  constructor(readonly mailer: Mailer) {}
  process(): void {}
}
/** As a compiler leaves it that emits no types. */
class UntypedBackend implements Backend {
  constructor(readonly mailer: Mailer) {}
  send(): void {}
}
Reflect.defineMetadata('__injectable__', true, UntypedBackend);

@Injectable()
class RightBackend implements Backend {
  constructor(readonly mailer: Mailer) {}
  send(): void {}
}
class ByToken implements Backend {
  readonly parts: unknown[];
  constructor(@InjectOptions() options: unknown, @Inject(Mailer) mailer: unknown) {
    this.parts = [options, mailer];
  }
  send(): void {}
}
class Plain implements Backend {
  constructor(readonly list: string[] = []) {}
  send(): void {}
}

const inMail = { imports: [MailModule] };

it('A dependency that no module offers is named whole, without the list of Nest’s suggestions', async () => {
  const error: unknown = await start(TrackingModule.forRoot({ backends: { right: backend(RightBackend) } })).catch(
    (reason: unknown) => reason,
  );
  const { what = '', fix = '' } = (error as TrackingConfigException).errors[0] ?? {};
  expect(what).toMatch(
    /^it could not be built: Nest can't resolve dependencies of the RightBackend \(\?\)\..* module\.$/,
  );
  expect(what).not.toMatch(/Potential|u000a|…/);
  expect(fix).toContain("add the module that exports it to this node's imports");
});

describe('The class of a node', () => {
  it('is an error if its constructor takes what it does not declare, whichever kind of node it is', async () => {
    const error: unknown = await start(
      TrackingModule.forRoot({
        processors: [processor(BareProcessor, undefined, inMail)],
        backends: {
          bare: backend(BareBackend, undefined, inMail),
          sent: backend(BareDestination, undefined, inMail),
          untyped: backend(UntypedBackend, undefined, inMail),
        },
      }),
    ).catch((reason: unknown) => reason);
    if (!(error instanceof TrackingConfigException)) throw new Error('it started');
    expect(error.errors.map(({ path, what, fix }) => `${path}: ${what} ${fix}`)).toEqual([
      expect.stringMatching(/^backends\.bare \(BareBackend\): its constructor takes 1 parameter.*put @Injectable\(\)/),
      expect.stringMatching(/^backends\.sent \(BareDestination\): its constructor takes 2 parameters.*@Injectable\(\)/),
      expect.stringMatching(/^backends\.untyped \(UntypedBackend\): .*emitDecoratorMetadata/),
      expect.stringMatching(/^processors\[0\] \(BareProcessor\): .*@Injectable\(\)/),
    ]);
  });

  it('is built if it is injectable, declares each parameter, or needs none', async () => {
    const app = await start(
      TrackingModule.forRoot({
        backends: {
          right: backend(RightBackend, undefined, inMail),
          token: backend(ByToken, { a: 1 }, inMail),
          plain: backend(Plain),
        },
      }),
    );
    expect(app).toBeDefined();
  });
});
