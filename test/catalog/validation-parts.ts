import { z } from 'zod';
import {
  defineCatalog,
  defineContext,
  defineEvent,
  TrackingDeadLetters,
  TrackingViolations,
  type ValidationOptions,
} from 'nestjs-event-tracking';
import type { ValidationMode } from 'nestjs-event-tracking/types';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

export const Enrolled = defineEvent('course.enrolled', {
  data: z.object({ course_id: z.string(), mode: z.enum(['audit', 'verified']).default('audit') }),
  context: z.object({ user_id: z.number() }),
  pii: ['context.email'],
});
export const Played = defineEvent('video.played', { data: z.object({ at: z.number() }) });
export const Old = defineEvent('video.started', { deprecated: { since: '2026-10', replacedBy: 'video.played' } });
export const catalog = defineCatalog([Enrolled, Played, Old, defineContext('user', { pii: ['username'] })]);

interface Run extends BuiltTracking {
  readonly logger: RecordingLogger;
  readonly kinds: () => unknown;
  readonly deadLetters: TrackingDeadLetters;
}

export async function start(validation?: ValidationMode | ValidationOptions, more: object = {}): Promise<Run> {
  const logger = new RecordingLogger();
  const run = await startTracking({ catalog, validation, logger, ...more });
  const violations = run.app.get(TrackingViolations);
  return Object.assign(run, {
    logger,
    kinds: () => violations.list().map(({ kind, event, path }) => `${kind} ${event} ${path}`.trim()),
    deadLetters: run.app.get(TrackingDeadLetters),
  });
}

export const asUntyped = (value: unknown): never => value as never;
