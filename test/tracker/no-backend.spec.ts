import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  NotConfirmedException,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type TrackingModuleOptions,
} from '../../src/entries';
import { isLoss } from '../../src/ledger/reasons';
import { closeLater, expectBalance, RecordingLogger } from '../support/start-tracking';

const off = { useFactory: (): false => false };

async function started(options: TrackingModuleOptions): Promise<{ tracker: TrackerService; logger: RecordingLogger }> {
  const logger = new RecordingLogger();
  @Module({ imports: [TrackingModule.forRoot({ ...options, logger })] })
  class App {}
  const app = closeLater(await NestFactory.createApplicationContext(App, { logger: false }));
  return { tracker: app.get(TrackerService), logger };
}

const warned = ({ warnings }: RecordingLogger): string[] =>
  warnings.filter((line) => /no backend|switched off/.test(line));

describe('A tree without a backend', () => {
  it.each([
    ['no options', {}],
    ['an empty object of backends', { backends: {} }],
    ['undefined backends', { backends: undefined }],
  ])('with %s warns once at start, and counts events as lost', async (_, options) => {
    const { tracker, logger } = await started(options);
    expect(warned(logger)).toEqual([
      expect.stringMatching(/^the tracker "default" has no backend.*Fix: TrackingModule\.forRoot\(\{ backends/),
    ]);
    tracker.emit('lost');
    tracker.emit('lost');
    expect(warned(logger)).toHaveLength(1);
    expect(logger.warnings).toHaveLength(1);
    expect(tracker.ledger.node('')).toMatchObject({ received: 2, passed: 0, dropped: { 'no-backend': 2 } });
    expectBalance(tracker.ledger);
    expect(isLoss('no-backend')).toBe(true);
  });

  it('because every factory returned false warns once, and counts events as switched off, which is no loss', async () => {
    const { tracker, logger } = await started({
      backends: { a: backend(LoggerBackend, off), b: backend(MemoryBackend, off) },
    });
    expect(warned(logger)).toEqual([expect.stringMatching(/every backend of .* is switched off .*\(a, b\).*Fix:/)]);
    tracker.emit('x');
    expect(logger.warnings).toHaveLength(1);
    expect(tracker.ledger.node('')).toMatchObject({ received: 1, passed: 0, dropped: { 'switched-off': 1 } });
    expect(isLoss('switched-off')).toBe(false);
  });

  it('is also a routing backend with nothing below it', async () => {
    const { tracker, logger } = await started({
      backends: {
        bare: backend(RoutingBackend),
        off: backend(RoutingBackend, {}, { backends: { memory: backend(MemoryBackend, off) } }),
        whole: backend(RoutingBackend, {}, { backends: { memory: backend(MemoryBackend) } }),
      },
    });
    tracker.emit('x');
    expect(tracker.ledger.node('bare')).toMatchObject({ passed: 0, dropped: { 'no-backend': 1 } });
    expect(tracker.ledger.node('off')).toMatchObject({ passed: 0, dropped: { 'switched-off': 1 } });
    expect(tracker.ledger.node('whole')).toMatchObject({ passed: 1, dropped: {} });
    expect(logger.warnings).toEqual([
      expect.stringMatching(/^backends\.bare \(RoutingBackend\) drops events: 'no-backend'.*Fix:/),
    ]);
    expectBalance(tracker.ledger);
  });

  it('confirms no event', async () => {
    const { tracker } = await started({});
    await expect(tracker.emitConfirmed('x')).rejects.toBeInstanceOf(NotConfirmedException);
    const nested = await started({ backends: { bare: backend(RoutingBackend) } });
    await expect(nested.tracker.emitConfirmed('x')).rejects.toMatchObject({ destinations: { bare: 'dropped' } });
  });

  it('takes events as soon as a backend is registered', async () => {
    const { tracker } = await started({});
    tracker.registerBackend('late', new MemoryBackend());
    tracker.emit('kept');
    expect(tracker.backend<MemoryBackend>('late').events()).toHaveLength(1);
    expect(tracker.ledger.node('')).toMatchObject({ passed: 1, dropped: {} });
  });

  it('is nothing to speak of when tracking is off', async () => {
    const { tracker, logger } = await started({ enabled: false });
    tracker.emit('x');
    expect(logger.warnings).toEqual([]);
  });
});
