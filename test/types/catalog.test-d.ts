/** Compiled by `tsc --noEmit`, never run: what definitions let through. */
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import {
  defineCatalog,
  defineContext,
  defineEvent,
  TrackEvent,
  TrackingModule,
  type EventData,
  type TrackerService,
} from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';

type Equal<A, B> = [A, B] extends [B, A] ? true : false;

declare const tracker: TrackerService;

const Enrolled = defineEvent('course.enrolled', {
  data: z.object({ course_id: z.string(), mode: z.enum(['audit', 'verified']), at: z.coerce.number().optional() }),
  context: z.object({ user_id: z.number() }),
  examples: [{ course_id: 'DemoX', mode: 'audit' }],
});
const Played = defineEvent('video.played', { data: type({ at: 'number' }) });
const Paused = defineEvent('video.paused', { data: toStandardJsonSchema(v.object({ at: v.number() })) });
const Anything = defineEvent('anything');
const Optional = defineEvent('optional', { data: z.object({ a: z.string().optional() }) });
class Dto {
  a!: string;
}
const OfClass = defineEvent('dto', { data: dto(Dto) });
const OfJson = defineEvent('json', { data: jsonSchema<{ a: number }>({ type: 'object' }) });

true satisfies Equal<(typeof Enrolled)['name'], 'course.enrolled'>;
true satisfies Equal<EventData<typeof Played>, { at: number }>;

tracker.emit(Enrolled, { course_id: 'DemoX', mode: 'audit' });
tracker.emit(Played, { at: 1 });
tracker.emit(Paused, { at: 1 });
tracker.emit(Anything);
tracker.emit(Anything, { whatever: 1 });
tracker.emit(Optional);
tracker.emit(Optional, { a: 'b' });
tracker.emit(OfClass, { a: 'b' });
tracker.emit(OfJson, { a: 1 });
tracker.emit('another.name', { as: 'before' });
tracker.emit();
void tracker.emitConfirmed(Enrolled, { course_id: 'DemoX', mode: 'audit' }, { timeoutMs: 5 });
void tracker.emitConfirmed('another.name');
void tracker.emitConfirmed(Optional);
void tracker.emitConfirmed(Optional, { a: 'b' }, { timeoutMs: 5 });
// @ts-expect-error data that is required
void tracker.emitConfirmed(Enrolled);

// @ts-expect-error a mode that the schema does not know
tracker.emit(Enrolled, { course_id: 'DemoX', mode: 'gold' });
// @ts-expect-error a field that is missing
tracker.emit(Enrolled, { course_id: 'DemoX' });
// @ts-expect-error a field that is not declared
tracker.emit(Enrolled, { course_id: 'DemoX', mode: 'audit', more: 1 });
// @ts-expect-error data that is required
tracker.emit(Enrolled);
// @ts-expect-error of another type, by arktype
tracker.emit(Played, { at: 'noon' });
// @ts-expect-error of another type, by valibot
tracker.emit(Paused, { at: 'noon' });
// @ts-expect-error of another type, by class
tracker.emit(OfClass, { a: 1 });
// @ts-expect-error of another type, as the application says of its JSON Schema
tracker.emit(OfJson, { a: 'b' });
// @ts-expect-error a mode that the schema does not know
void tracker.emitConfirmed(Enrolled, { course_id: 'DemoX', mode: 'gold' });
// @ts-expect-error an example that the schema does not know
defineEvent('a', { data: z.object({ a: z.string() }), examples: [{ a: 1 }] });
// @ts-expect-error a schema that gives no JSON Schema
defineEvent('a', { data: v.object({ a: v.string() }) });
// @ts-expect-error a schema of no object
defineEvent('a', { data: z.string() });
// @ts-expect-error an option that there is not
defineEvent('a', { pi: ['context.email'] });

export class EnrolmentController {
  @TrackEvent(Enrolled, ({ args: [courseId], result }: { args: readonly [string]; result: { mode: 'audit' } }) => ({
    course_id: courseId,
    mode: result.mode,
  }))
  enrol(_courseId: string): { mode: 'audit' } {
    return { mode: 'audit' };
  }

  @TrackEvent(Anything)
  nothing(): void {}

  @TrackEvent(Played, { on: 'settled', data: ({ durationMs }) => ({ at: durationMs }) })
  played(): void {}

  // @ts-expect-error a mode that the schema does not know
  @TrackEvent(Enrolled, () => ({ course_id: 'DemoX', mode: 'gold' }))
  wrong(): void {}

  // @ts-expect-error data that is required
  @TrackEvent(Enrolled)
  missing(): void {}

  // @ts-expect-error data that is required, of a failure too
  @TrackEvent(Played, { on: 'error' })
  failed(): void {}

  @TrackEvent('by.name', () => ({ as: 'before' }))
  byName(): void {}
}

const catalog = defineCatalog([Enrolled, Played, defineContext('user', { fields: z.object({ user_id: z.number() }) })]);
TrackingModule.forRoot({ catalog, validation: 'report' });
TrackingModule.forRoot({ catalog: [Enrolled, Played], validation: { environments: { production: 'off' } } });
// @ts-expect-error a mode that there is not
TrackingModule.forRoot({ catalog, validation: 'warn' });
// @ts-expect-error no definition
defineCatalog(['course.enrolled']);
