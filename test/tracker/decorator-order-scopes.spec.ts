import { Injectable } from '@nestjs/common';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';
import { Cached, around } from './decorator-parts';

describe('The scope of @TrackingContext', () => {
  it('is opened around the work of other decorators, once for each decorator, with that of the class outermost', async () => {
    const seen: unknown[] = [];
    const Seeing = (): MethodDecorator =>
      around(
        (method) =>
          function (this: unknown, ...args) {
            seen.push((this as { tracker: TrackerService }).tracker.currentContext());
            return method.apply(this, args);
          },
      );
    let opened = 0;
    @Injectable()
    @TrackingContext(() => ({ upper: ++opened, both: 'class' }))
    class Work {
      constructor(readonly tracker: TrackerService) {}

      @Seeing()
      @TrackEvent('upper')
      @Seeing()
      @TrackingContext(() => ({ lower: ++opened, both: 'method' }))
      @TrackEvent('lower')
      call(): void {
        seen.push(this.tracker.currentContext());
      }
    }
    const run = await startTracking({}, { providers: [Work] });
    run.app.get(Work).call();
    const carried = { upper: 1, lower: 2, both: 'method' };
    expect(seen).toEqual([carried, carried, carried]);
    expect(run.events().map(({ context }) => context)).toEqual([carried, carried]);
    expect(opened).toBe(2);
  });

  it('belongs to each class if a base class, its subclasses and super have their own', async () => {
    @TrackingContext({ base: true, of: 'base' })
    class Base {
      @Cached()
      @TrackEvent('base')
      call(): unknown {
        return 1;
      }

      @TrackEvent('shared')
      shared(): void {}
    }
    @TrackingContext({ left: true, of: 'left' })
    class Left extends Base {
      @TrackEvent('left')
      override call(): unknown {
        return super.call();
      }
    }
    @TrackingContext({ right: true, of: 'right' })
    class Right extends Base {}
    const run = await startTracking({}, { providers: [Base, Left, Right] });
    for (const type of [Base, Left, Right]) {
      run.app.get<Base>(type).call();
      run.app.get<Base>(type).shared();
    }
    const base = { base: true, of: 'base' };
    expect(run.events().map(({ name, context }) => [name, context])).toEqual([
      ['base', base],
      ['shared', base],
      // The value that is cached is one of the base class, so it is not computed for the
      // subclasses.
      ['left', { left: true, of: 'left' }],
      ['shared', { ...base, left: true }],
      ['shared', { ...base, right: true }],
    ]);
  });

  it('belongs to both the class that a method was copied from and the class that it was copied to', async () => {
    class Auditable {
      @TrackingContext({ from: 'Auditable' })
      @Cached()
      @TrackEvent('saved')
      save(): number {
        return 1;
      }
    }
    class Document {}
    Object.defineProperties(Document.prototype, {
      save: Object.getOwnPropertyDescriptor(Auditable.prototype, 'save')!,
    });
    TrackingContext({ to: 'Document' })(Document);
    const run = await startTracking({}, { providers: [Document, Auditable] });
    run.app.get<Auditable>(Document).save();
    run.app.get<Auditable>(Document).save();
    expect(run.events().map(({ context }) => context)).toEqual([{ to: 'Document', from: 'Auditable' }]);
  });
});
