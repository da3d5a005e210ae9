import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { backend, TrackerService, TrackingModule, type Backends, type DeliveryOptions } from '../../../src/entries';
import { TrackingHealthIndicator } from 'nestjs-event-tracking/terminus';
import { LossWatch } from '../../../src/observability/terminus/loss-watch';
import { Gate } from '../../delivery/gate';
import { eventually } from '../../support/eventually';
import { closeLater, startTracking } from '../../support/start-tracking';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly tracking: TrackingHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): ReturnType<HealthCheckService['check']> {
    return this.health.check([() => this.tracking.check()]);
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [TrackingHealthIndicator],
})
class HealthModule {}

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tracking-health-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const down = (): Promise<never> => Promise.reject(new Error('connection refused'));
const quick: DeliveryOptions = { batch: { maxWaitMs: 1 }, retry: { minDelayMs: 1, maxDelayMs: 5, attempts: 10_000 } };

interface Run {
  readonly app: INestApplication;
  readonly tracker: TrackerService;
  readonly gate: Gate;
  /** What an orchestrator sees. */
  readonly ask: () => Promise<{ code: number; status: string; tracking: Record<string, unknown> }>;
}

async function served(delivery: DeliveryOptions): Promise<Run> {
  const backends: Backends = { gate: backend(Gate, {}, { delivery: { ...quick, ...delivery } }) };
  const module = await Test.createTestingModule({
    imports: [TrackingModule.forRoot({ shutdownTimeoutMs: 50, backends }), HealthModule],
  }).compile();
  const app = closeLater(module.createNestApplication<INestApplication<Server>>(new ExpressAdapter()));
  await app.listen(0, '127.0.0.1');
  const tracker = app.get(TrackerService);
  const ask: Run['ask'] = async () => {
    const { status: code, body } = await request(app.getHttpServer()).get('/health');
    return { code, status: body.status, tracking: body.details.tracking };
  };
  return { app, tracker, gate: tracker.backend<Gate>('gate'), ask };
}

describe('The health of tracking', () => {
  it('is up while events are delivered', async () => {
    const { tracker, ask } = await served({});
    tracker.emit('e');
    await tracker.flush();
    expect(await ask()).toEqual({ code: 200, status: 'ok', tracking: { status: 'up', pending: 0 } });
  });

  it('is degraded, and serves, while a destination is down and its events wait; and up when it is back', async () => {
    const { tracker, gate, ask } = await served({ directory, maxEvents: 2 });
    gate.behave = down;
    for (let n = 0; n < 20; n++) tracker.emit('e');
    await eventually(() => expect(tracker.ledger.destination('gate')?.breaker).not.toBe('closed'));
    expect(await ask()).toEqual({
      code: 200,
      status: 'degraded',
      tracking: {
        status: 'degraded',
        pending: 20,
        degraded: { gate: ['the destination is not responding', 'memory is full: new events go to the disk'] },
      },
    });
    gate.behave = () => Promise.resolve();
    await eventually(() => expect(tracker.ledger.destination('gate')?.pending).toBe(0));
    expect(await ask()).toEqual({ code: 200, status: 'ok', tracking: { status: 'up', pending: 0 } });
  });

  it('is no worse with `durable`, where every event goes to the disk', async () => {
    const { tracker, ask } = await served({ directory, durable: true });
    tracker.emit('e');
    expect(tracker.ledger.destination('gate')?.isOnDisk).toBe(true);
    expect(await ask()).toMatchObject({ code: 200, status: 'ok' });
  });

  it('is down when events are lost, and says where, why and how many', async () => {
    const { tracker, gate, ask } = await served({ maxEvents: 5 });
    gate.behave = down;
    for (let n = 0; n < 12; n++) tracker.emit('e');
    await eventually(() => expect(tracker.ledger.destination('gate')?.breaker).not.toBe('closed'));
    for (let probe = 0; probe < 2; probe++) {
      expect(await ask()).toMatchObject({
        code: 503,
        status: 'error',
        tracking: { status: 'down', pending: 5, lost: { 'gate: queue-full': 7 } },
      });
    }
  });

  it('is not down for what somebody wished, or for what a destination can never take', async () => {
    class Choosy extends Gate {
      refuses(): string {
        return 'no-user';
      }
    }
    const { tracker } = await startTracking({
      processors: [({ name }) => (name === 'secret' ? null : undefined)],
      backends: { choosy: backend(Choosy) },
    });
    const indicator = new TrackingHealthIndicator(new HealthIndicatorService(), tracker);
    tracker.emit('secret');
    tracker.emit('e');
    expect(tracker.ledger.node('choosy')?.dropped).toEqual({ 'no-user': 1 });
    expect(indicator.check()).toEqual({ tracking: { status: 'up', pending: 0 } });
  });

  it('is down while the disk cannot be used, and says whose', async () => {
    const { app, tracker, gate, ask } = await served({ directory, durable: true, batch: { maxWaitMs: 60_000 } });
    rmSync(directory, { recursive: true });
    tracker.emit('e');
    expect(await ask()).toMatchObject({ code: 503, tracking: { status: 'down', diskFailing: ['gate'], pending: 1 } });
    gate.behave = down;
    await app.close(); // which makes the directory again
    expect(tracker.ledger.destination('gate')).toMatchObject({ pending: 0, handedOver: 1, dropped: {} });
  });

  it('says `up`, with the same details, where Terminus does not know the word', async () => {
    const { tracker } = await startTracking({
      shutdownTimeoutMs: 50,
      backends: { gate: backend(Gate, {}, { delivery: quick }) },
    });
    const ofEleven = {
      check: (key: string) => ({
        up: (details: object) => ({ [key]: { status: 'up', ...details } }),
        down: (details: object) => ({ [key]: { status: 'down', ...details } }),
      }),
    } as unknown as HealthIndicatorService;
    const indicator = new TrackingHealthIndicator(ofEleven, tracker);
    tracker.backend<Gate>('gate').behave = down;
    tracker.emit('e');
    await eventually(() => expect(tracker.ledger.destination('gate')?.breaker).not.toBe('closed'));
    expect(indicator.check('events')).toEqual({
      events: { status: 'up', pending: 1, degraded: { gate: ['the destination is not responding'] } },
    });
  });

  it('can be that of another tracker; without any it is down, with the fix', async () => {
    const { tracker } = await startTracking();
    const indicator = new TrackingHealthIndicator(new HealthIndicatorService());
    expect(indicator.check('audit', { tracker })).toEqual({ audit: { status: 'up', pending: 0 } });
    expect(indicator.check()).toEqual({
      tracking: { status: 'down', message: 'there is no tracker called "default": pass the tracker to check()' },
    });
  });
});

describe('A loss', () => {
  it('counts for its time from the check that found it, for whoever asks, and then no more', async () => {
    const { tracker } = await startTracking({
      backends: { gate: backend(Gate, {}, { delivery: { maxEvents: 1, batch: { maxWaitMs: 60_000 } } }) },
    });
    const watch = new LossWatch(tracker.ledger);
    const lost = (now: number): unknown => watch.recentLosses(1000, now);
    expect(lost(0)).toEqual({});
    for (let n = 0; n < 3; n++) tracker.emit('e');
    expect(lost(100)).toEqual({ 'gate: queue-full': 2 });
    expect(lost(200)).toEqual({ 'gate: queue-full': 2 });
    tracker.emit('e');
    expect(lost(1000)).toEqual({ 'gate: queue-full': 3 });
    expect(lost(1999)).toEqual({ 'gate: queue-full': 3 });
    expect(lost(2000)).toEqual({});
  });
});
