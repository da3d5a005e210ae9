import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';
import { Cached, Copying, around } from './decorator-parts';

describe('Any stack of decorators', () => {
  const kinds = ['event', 'scope', 'foreign', 'copying', 'cached', 'twice'] as const;
  type Kind = (typeof kinds)[number];
  const twice = (): MethodDecorator =>
    around(
      (method) =>
        function (...args) {
          method.apply(this, args);
          return method.apply(this, args);
        },
    );

  it('emits each event at its position, inside of every scope', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { maxLength: 7 }), fc.boolean(), async (stack, inClass) => {
        const decorators = stack.map((kind, at): MethodDecorator => {
          switch (kind) {
            case 'event':
              return TrackEvent(`event ${at}`);
            case 'scope':
              return TrackingContext({ [`scope ${at}`]: true });
            case 'foreign':
              return around(
                (method) =>
                  function (...args) {
                    return method.apply(this, args);
                  },
              );
            case 'copying':
              return Copying();
            case 'cached':
              return Cached();
            case 'twice':
              return twice();
          }
        });
        @Injectable()
        class Service {
          constructor(private readonly tracker: TrackerService) {}

          @(((...args: Parameters<MethodDecorator>) => {
            for (const decorator of decorators) decorator(...args);
          }) as MethodDecorator)
          call(): string {
            this.tracker.emit('body');
            return 'given';
          }
        }
        if (inClass) TrackingContext({ class: true })(Service);
        const run = await startTracking({}, { providers: [Service] });
        expect(run.app.get(Service).call()).toBe('given');
        expect(run.names()).toEqual(simulate(stack));
        const scopes = Object.fromEntries([
          ...stack.flatMap((kind, at) => (kind === 'scope' ? [[`scope ${at}`, true] as const] : [])),
          ...(inClass ? [['class', true] as const] : []),
        ]);
        for (const { context } of run.events()) expect(context).toEqual(scopes);
        await run.app.close();
      }),
      { numRuns: 60 },
    );
  });

  /** Runs the stack as its decorators would, without scopes. @param stack from below */
  function simulate(stack: readonly Kind[]): string[] {
    const emitted: string[] = [];
    let call = (): void => {
      emitted.push('body');
    };
    stack.forEach((kind, at) => {
      const inner = call;
      const pushes = (): void => {
        inner();
        emitted.push(`event ${at}`);
      };
      let isKnown = false;
      if (kind === 'event') call = pushes;
      if (kind === 'twice') {
        call = () => {
          inner();
          inner();
        };
      }
      if (kind === 'cached') {
        call = () => {
          if (!isKnown) inner();
          isKnown = true;
        };
      }
    });
    call();
    return emitted;
  }
});
