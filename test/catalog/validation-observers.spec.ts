import { TrackerService, TrackingCatalog } from 'nestjs-event-tracking';
import type { FoundViolations } from 'nestjs-event-tracking/catalog';
import { expectNoViolations, TrackingTestingModule, ViolationsFoundException } from 'nestjs-event-tracking/testing';
import { Test } from '@nestjs/testing';
import { RecordingLogger } from '../support/start-tracking';
import { Old, Played, asUntyped, catalog, start } from './validation-parts';

describe('TrackingViolations: a listener', () => {
  it('receives each event that violates the catalog, and cannot break emit', async () => {
    const run = await start();
    const heard: FoundViolations[] = [];
    run.tracker.violations.onViolation(() => {
      throw new Error('mine');
    });
    const stop = run.tracker.violations.onViolation((found) => heard.push(found));
    run.tracker.emit(Played, asUntyped({}));
    stop();
    run.tracker.emit(Played, asUntyped({}));
    expect(heard).toEqual([
      expect.objectContaining({ event: 'video.played', id: run.events()[0]?.id, isRejected: false }),
    ]);
  });
});

describe('TrackingCatalog: the emitted names', () => {
  it('are grouped: documented and seen, seen but not documented, documented but never seen', async () => {
    const run = await start('off');
    run.tracker.emit(Played, { at: 1 });
    run.tracker.emit(Played, { at: 2 });
    run.tracker.emit('another');
    const coverage = run.app.get(TrackingCatalog).coverage();
    expect(coverage).toEqual({
      seen: [
        { name: 'video.played', count: 2, firstAt: run.events()[0]?.timestamp, lastAt: run.events()[1]?.timestamp },
      ],
      undocumented: [expect.objectContaining({ name: 'another', count: 1 })],
      unseen: ['course.enrolled', 'video.started'],
      others: 0,
    });
  });

  it('are limited in number, however many there are', async () => {
    const run = await start({ unplanned: 'off' });
    for (let at = 0; at < 12_000; at++) run.tracker.emit(`name ${String(at)}`);
    const { undocumented, others } = run.app.get(TrackingCatalog).coverage();
    expect(undocumented.length + others).toBe(12_000);
    expect(undocumented.length).toBeLessThanOrEqual(10_000);
  });
});

describe('expectNoViolations', () => {
  it('fails a test with every violation and its place, and passes without violations', async () => {
    const module = await Test.createTestingModule({
      imports: [TrackingTestingModule.forRoot({ catalog, logger: new RecordingLogger() })],
    }).compile();
    const tracker = module.get(TrackerService);
    tracker.emit(Played, { at: 1 });
    tracker.emit(Old);
    expect(() => expectNoViolations(module)).not.toThrow();
    tracker.emit(Played, asUntyped({ at: 'noon' }));
    expect(() => expectNoViolations(module)).toThrow(ViolationsFoundException);
    expect(() => expectNoViolations(tracker)).toThrow(
      /video\.played: data\.at must be a number, but was a string \(type-mismatch\), emitted at test\/catalog\/validation-observers\.spec\.ts:\d+/,
    );
    await module.close();
  });
});
