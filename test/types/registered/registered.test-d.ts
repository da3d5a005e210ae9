/**
 * Compiled by catalog-registered.spec.ts in a program of its own: what is registered here holds for
 * a whole program.
 */
import { z } from 'zod';
import {
  defineCatalog,
  defineContext,
  defineEvent,
  TrackEvent,
  type EventName,
  type TrackerService,
} from 'nestjs-event-tracking';

export const catalog = defineCatalog([
  defineEvent('course.enrolled', { data: z.object({ mode: z.enum(['audit', 'verified']) }) }),
  defineEvent('video.paused'),
  defineEvent('hint.shown', { data: z.object({ level: z.number().optional() }) }),
  defineContext('user'),
]);

declare module 'nestjs-event-tracking' {
  interface Register {
    catalog: typeof catalog;
  }
}

declare const tracker: TrackerService;

const name: EventName = 'video.paused';
tracker.emit(name);
tracker.emit('course.enrolled', { mode: 'audit' });
tracker.emit('video.paused', { anything: 1 });
void tracker.emitConfirmed('course.enrolled', { mode: 'audit' });

void tracker.emitConfirmed('course.enrolled', { mode: 'audit' }, { timeoutMs: 5 });
void tracker.emitConfirmed('video.paused');
tracker.emit();

// @ts-expect-error data that is required
tracker.emit('course.enrolled');
// @ts-expect-error data that is required
void tracker.emitConfirmed('course.enrolled');
// @ts-expect-error a mode that the definition does not know
void tracker.emitConfirmed('course.enrolled', { mode: 'gold' });
// @ts-expect-error a name that the catalog does not have
tracker.emit('course.enroled', { mode: 'audit' });
// @ts-expect-error a mode that the definition does not know
tracker.emit('course.enrolled', { mode: 'gold' });
// @ts-expect-error the name of a context
tracker.emit('user');
// @ts-expect-error a name that the catalog does not have
void tracker.emitConfirmed('another');

export class VideoController {
  @TrackEvent('video.paused')
  pause(): void {}

  // @ts-expect-error a name that the catalog does not have
  @TrackEvent('video.pausd')
  wrong(): void {}
}
