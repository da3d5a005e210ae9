import { Inject, Injectable } from '@nestjs/common';
import { TrackEvent } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

describe('A tracked method of a class', () => {
  class Base {
    @TrackEvent('base')
    call(): string {
      return 'base';
    }

    @TrackEvent('other')
    other(): void {}
  }

  it('is tracked in a subclass that inherits it', async () => {
    @Injectable()
    class Sub extends Base {}
    const run = await startTracking({}, { providers: [Sub] });
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['base']);
  });

  it('is not tracked if a subclass overrides it without a decorator, unless the override calls it', async () => {
    @Injectable()
    class Sub extends Base {
      override call(): string {
        return 'sub';
      }

      override other(): void {
        super.other();
      }
    }
    const run = await startTracking({}, { providers: [Sub] });
    expect(run.app.get(Sub).call()).toBe('sub');
    expect(run.names()).toEqual([]);
    run.app.get(Sub).other();
    expect(run.names()).toEqual(['other']);
  });

  it('is tracked by the decorator of a subclass that overrides it, and by both if the override calls it', async () => {
    @Injectable()
    class Sub extends Base {
      @TrackEvent('sub')
      override call(): string {
        return 'sub';
      }

      @TrackEvent('sub other')
      override other(): void {
        super.other();
      }
    }
    const run = await startTracking({}, { providers: [Sub, Base] });
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['sub']);
    run.app.get(Sub).other();
    expect(run.names()).toEqual(['sub', 'other', 'sub other']);
    run.app.get(Base).call(); // which has no part in what its subclass added
    expect(run.names().slice(3)).toEqual(['base']);
  });

  it('is tracked next to injected properties, also those of a subclass', async () => {
    @Injectable()
    class Dependency {
      readonly value = 7;
    }
    class WithProperty extends Base {
      @Inject(Dependency) readonly first!: Dependency;
    }
    @Injectable()
    class Sub extends WithProperty {
      @Inject(Dependency) readonly second!: Dependency;

      @TrackEvent('sub')
      sum(): number {
        return this.first.value + this.second.value;
      }
    }
    const run = await startTracking({}, { providers: [Dependency, Sub] });
    expect(run.app.get(Sub).sum()).toBe(14);
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['sub', 'base']);
  });

  it('is tracked in a class without its own prototype, under a symbol, and with private fields', async () => {
    const secret = Symbol('secret');
    @Injectable()
    class Service {
      #value = 'private';

      @TrackEvent('symbol')
      [secret](): string {
        return this.#value;
      }
    }
    const run = await startTracking({}, { providers: [Service] });
    expect(run.app.get(Service)[secret]()).toBe('private');
    expect(run.names()).toEqual(['symbol']);
    expect(Service.prototype[secret].name).toBe('[secret]');
  });
});
