import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { RecordingLogger, startTracking } from '../support/start-tracking';

/** Long enough for anything that goes on for ever to show. */
async function turns(): Promise<void> {
  for (let count = 0; count < 50; count++) await turn();
}

describe('The function of @TrackingContext on a class', () => {
  it('may call methods of its instance: each is called once, without the scope', async () => {
    const calls: string[] = [];
    @Injectable()
    @TrackingContext(({ self }) => ({ tenant: self.tenant(), region: self.region }))
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      tenant(): string {
        calls.push('tenant');
        this.tracker.emit('tenant read');
        return this.prefix() + '-7';
      }

      get region(): string {
        return this.prefix();
      }

      prefix(): string {
        calls.push('prefix');
        return 'acme';
      }

      work(): void {
        calls.push('work');
        this.tracker.emit('worked');
        this.rest();
      }

      rest(): void {
        this.tracker.emit('rested');
      }
    }
    const logger = new RecordingLogger();
    const run = await startTracking({ logger }, { providers: [Service] });
    run.app.get(Service).work();
    const scope = { tenant: 'acme-7', region: 'acme' };
    expect(calls.slice(0, 4)).toEqual(['tenant', 'prefix', 'prefix', 'work']);
    expect(run.events().map(({ name, context }) => [name, context])).toEqual([
      ['tenant read', {}],
      ['worked', scope],
      ['tenant read', scope],
      ['rested', scope],
    ]);
    expect(run.ledger.tracker().failures).toEqual({});
    expect(logger.warnings).toEqual([]);
  });

  it('opens the scopes of other decorators on what it calls', async () => {
    const seen: object[] = [];
    @Injectable()
    @TrackingContext(({ self }) => ({ outer: self.value() }))
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      @TrackingContext({ inner: true })
      value(): number {
        seen.push(this.tracker.currentContext());
        return 1;
      }

      work(): void {
        seen.push(this.tracker.currentContext());
      }
    }
    const run = await startTracking({}, { providers: [Service] });
    run.app.get(Service).work();
    expect(seen).toEqual([{ inner: true }, { outer: 1 }]);
  });

  it('may fail in a method of its instance: the next call asks it again', async () => {
    let isFailing = true;
    @Injectable()
    @TrackingContext(({ self }) => ({ tenant: self.tenant() }))
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      tenant(): string {
        if (isFailing) throw new Error('no');
        return 'acme';
      }

      work(): object {
        return this.tracker.currentContext();
      }
    }
    const run = await startTracking({}, { providers: [Service] });
    expect(run.app.get(Service).work()).toEqual({});
    isFailing = false;
    expect(run.app.get(Service).work()).toEqual({ tenant: 'acme' });
  });

  it('may call another instance of its class', async () => {
    @Injectable()
    @TrackingContext(({ self }) => ({ path: self.parent?.path() ?? 'root' }))
    class Node {
      parent: Node | undefined;

      constructor(private readonly tracker: TrackerService) {}

      path(): string {
        return `${this.parent?.path() ?? ''}/node`;
      }

      work(): object {
        return this.tracker.currentContext();
      }
    }
    const run = await startTracking({}, { providers: [Node] });
    const node = run.app.get(Node);
    node.parent = new Node(run.tracker);
    expect(node.work()).toEqual({ path: '/node' });
  });

  it('that is async is called once, so that what it calls later does not call it again for ever', async () => {
    let calls = 0;
    @Injectable()
    @TrackingContext((async ({ self }: { self: { tenant(): string } }) => {
      calls++;
      await turn();
      return { tenant: self.tenant() };
    }) as never)
    class Service {
      tenant(): string {
        return 'acme';
      }

      work(): void {}
    }
    const logger = new RecordingLogger();
    const run = await startTracking({ logger }, { providers: [Service] });
    run.app.get(Service).work();
    run.app.get(Service).work();
    await turns();
    expect(calls).toBe(1);
    expect(run.ledger.tracker().failures).toEqual({
      'the function of @TrackingContext on Service.work': 2,
      'the function of @TrackingContext on Service.tenant': 1,
    });
    expect(logger.warnings[0]).toContain('it returned a promise');
  });
});

describe('The data function of @TrackEvent', () => {
  it('may call the method it is on: that call is tracked without data, and counted', async () => {
    const held: { service?: Service } = {};
    let calls = 0;
    @Injectable()
    class Service {
      @TrackEvent('read', () => ({ again: held.service?.read() }))
      read(): number {
        return ++calls;
      }
    }
    const logger = new RecordingLogger();
    const run = await startTracking({ logger }, { providers: [Service] });
    const service = (held.service = run.app.get(Service));
    expect(service.read()).toBe(1);
    expect(run.events().map(({ data }) => data)).toEqual([{}, { again: 2 }]);
    const place = 'the data function of @TrackEvent("read") on Service.read';
    expect(run.ledger.tracker().failures).toEqual({ [place]: 1 });
    expect(logger.warnings).toEqual([
      expect.stringContaining(`${place} failed: TypeError: it calls the decorated method`),
    ]);
  });

  it('may call methods whose data functions call its own: each is tracked, to an end', async () => {
    const held: { service?: Service } = {};
    @Injectable()
    class Service {
      @TrackEvent('left', {
        data: () => ({ done: held.service?.right() === undefined }),
        context: () => ({ done: held.service?.left() === undefined }),
      })
      left(): void {}

      @TrackEvent('right', () => ({ done: held.service?.left() === undefined }))
      right(): void {}
    }
    const run = await startTracking({}, { providers: [Service] });
    const service = (held.service = run.app.get(Service));
    service.left();
    const names = run.names();
    expect(names.length).toBeLessThan(20);
    expect(names.at(-1)).toBe('left');
    expect(run.last()).toMatchObject({ data: { done: true }, context: { done: true } });
  });

  it('that is async is called once, so that what it calls later does not call it again for ever', async () => {
    const held: { service?: Service } = {};
    let calls = 0;
    @Injectable()
    class Service {
      @TrackEvent('read', (async () => {
        calls++;
        await turn();
        held.service?.read();
        return {};
      }) as never)
      read(): void {}
    }
    const run = await startTracking({}, { providers: [Service] });
    const service = (held.service = run.app.get(Service));
    service.read();
    await turns();
    expect(calls).toBe(1);
    expect(run.names()).toEqual(['read', 'read']);
  });
});
