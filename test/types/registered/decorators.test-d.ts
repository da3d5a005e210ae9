/** Compiled with registered.test-d.ts: the data of @TrackEvent by a registered name. */
import { applyDecorators } from '@nestjs/common';
import { TrackEvent, type EventName, type TrackEventOptions } from 'nestjs-event-tracking';

interface EnrolDto {
  readonly mode: 'audit' | 'verified';
}
interface Enrollment {
  readonly id: number;
  readonly mode: 'audit' | 'verified';
}
declare const enrollment: Enrollment;
declare const anyName: EventName;

const enrolled = ({ result }: { readonly result: Enrollment }): EnrolDto => ({ mode: result.mode });
const inferred = ({ result }: { readonly result: Enrollment }) => ({ mode: result.mode, id: result.id });
const opaque = ({ result }: { readonly result: Enrollment }): object => ({ mode: result.mode });
const record = (): Record<string, unknown> => ({ mode: 'audit' });
const wrong = (): { mode: string } => ({ mode: 'gold' });
const options: TrackEventOptions = { on: 'error' };
const toObject = (_value: unknown): object => ({});
class ModeDto {
  constructor(readonly mode: 'audit' | 'verified') {}
}

export class Valid {
  @TrackEvent('course.enrolled', () => ({ mode: 'audit' }))
  literal(): void {}

  @TrackEvent('course.enrolled', ({ args: [dto] }) => ({ mode: dto.mode }))
  fromArguments(dto: EnrolDto): EnrolDto {
    return dto;
  }

  @TrackEvent('course.enrolled', ({ args: [dto], result, durationMs, count, error }) => ({
    ...{ mode: dto.mode, id: result.id, took_ms: Math.round(durationMs), count, error: String(error) },
  }))
  moreFields(dto: EnrolDto): Enrollment {
    return { ...enrollment, mode: dto.mode };
  }

  @TrackEvent('course.enrolled', ({ args: [dto] }: { args: [EnrolDto] }) => dto)
  annotated(dto: EnrolDto): EnrolDto {
    return dto;
  }

  @TrackEvent('course.enrolled', ({ result }: { result: Enrollment }) => ({ mode: result.mode }))
  async promised(): Promise<Enrollment> {
    return Promise.resolve(enrollment);
  }

  @TrackEvent('course.enrolled', ({ result }) => result)
  theResult(): EnrolDto {
    return enrollment;
  }

  @TrackEvent('course.enrolled', ({ result }) => ({ mode: result === undefined ? 'audit' : 'verified' }))
  chosen(): void {}

  @TrackEvent('course.enrolled', ({ result }) => {
    if (result === undefined) return { mode: 'audit' };
    return { mode: 'verified', id: 1 };
  })
  severalReturns(): void {}

  @TrackEvent('course.enrolled', () => new ModeDto('audit'))
  instance(): void {}

  @TrackEvent('course.enrolled', enrolled)
  declared(): Enrollment {
    return enrollment;
  }

  @TrackEvent('course.enrolled', inferred)
  inferred(): Enrollment {
    return enrollment;
  }

  @TrackEvent('course.enrolled', opaque)
  opaque(): Enrollment {
    return enrollment;
  }

  @TrackEvent('course.enrolled', record)
  record(): void {}

  @TrackEvent('course.enrolled', ({ result }) => toObject(result))
  inlineOpaque(): void {}

  @TrackEvent('course.enrolled', ({ result }) => JSON.parse(String(result)))
  anything(): string {
    return '{}';
  }

  @TrackEvent('course.enrolled', { data: () => ({ mode: 'audit' }) })
  option(): void {}

  @TrackEvent('course.enrolled', { on: 'success', data: ({ args: [dto] }) => ({ mode: dto.mode }), tracker: 'audit' })
  optionFromArguments(dto: EnrolDto): EnrolDto {
    return dto;
  }

  @TrackEvent('course.enrolled', { data: ({ args: [dto] }: { args: [EnrolDto] }) => ({ mode: dto.mode }) })
  annotatedOption(dto: EnrolDto): EnrolDto {
    return dto;
  }

  @TrackEvent('course.enrolled', {
    on: 'settled',
    data: ({ error }) => ({ mode: error === undefined ? 'audit' : 'verified' }),
  })
  settled(): void {}

  @TrackEvent('course.enrolled', { data: enrolled, context: ({ result }) => ({ id: result.id }) })
  declaredOption(): Enrollment {
    return enrollment;
  }

  @TrackEvent('course.enrolled', { data: opaque, context: opaque })
  opaqueOption(): Enrollment {
    return enrollment;
  }

  @TrackEvent('video.paused')
  paused(): void {}

  @TrackEvent('video.paused', ({ args }) => ({ args }))
  pausedAt(): void {}

  @TrackEvent('video.paused', () => undefined)
  pausedNothing(): void {}

  @TrackEvent('video.paused', { on: 'error' })
  pausedOptions(): void {}

  @TrackEvent('video.paused', { context: () => ({ a: 1 }), data: undefined })
  pausedContext(): void {}

  @TrackEvent('video.paused', options)
  pausedHeld(): void {}

  @TrackEvent('hint.shown')
  hint(): void {}

  @TrackEvent('hint.shown', () => ({ level: 1 }))
  hintLevel(): void {}

  @TrackEvent('hint.shown', ({ result }) => (result === undefined ? undefined : { level: 2 }))
  hintPerhaps(): void {}

  @TrackEvent(anyName)
  union(): void {}

  @TrackEvent(anyName, ({ result }) => ({ result }))
  unionData(): void {}

  @TrackEvent(anyName, { on: 'error', data: ({ error }) => ({ error: String(error) }) })
  unionOptions(): void {}
}

export class Wrong {
  // @ts-expect-error a mode that the definition does not know
  @TrackEvent('course.enrolled', () => ({ mode: 'gold' }))
  literal(): void {}

  // @ts-expect-error a missing field
  @TrackEvent('course.enrolled', () => ({}))
  empty(): void {}

  // @ts-expect-error a misspelled field
  @TrackEvent('course.enrolled', ({ args: [dto] }) => ({ mood: dto.mode }))
  misspelled(dto: EnrolDto): EnrolDto {
    return dto;
  }

  // @ts-expect-error a field of another type
  @TrackEvent('course.enrolled', ({ durationMs }) => ({ mode: durationMs }))
  otherType(): void {}

  // @ts-expect-error the data is required
  @TrackEvent('course.enrolled')
  without(): void {}

  // @ts-expect-error the data is required
  @TrackEvent('course.enrolled', { on: 'success' })
  optionsWithout(): void {}

  // @ts-expect-error the data is required
  @TrackEvent('course.enrolled', () => undefined)
  nothing(): void {}

  // @ts-expect-error a declared function of the wrong type
  @TrackEvent('course.enrolled', wrong)
  declared(): void {}

  // @ts-expect-error the wrong type in options
  @TrackEvent('course.enrolled', { data: () => ({ mode: 'gold' }) })
  option(): void {}

  // @ts-expect-error the wrong type in options, from arguments
  @TrackEvent('course.enrolled', { on: 'error', data: ({ args: [dto] }) => ({ mood: dto.mode }) })
  optionFromArguments(_dto: EnrolDto): void {}

  // @ts-expect-error a field of the wrong type, although none is required
  @TrackEvent('hint.shown', () => ({ level: 'high' }))
  optional(): void {}

  // @ts-expect-error an async function: emit waits for nothing
  @TrackEvent('course.enrolled', async () => Promise.resolve({ mode: 'audit' }))
  async(): void {}

  // @ts-expect-error another result than the data function takes
  @TrackEvent('course.enrolled', enrolled)
  otherResult(): string {
    return '';
  }
}

export const Tracked = (name: EventName): MethodDecorator =>
  applyDecorators(
    TrackEvent(name, ({ result }) => ({ result })),
    TrackEvent('course.enrolled', () => ({ mode: 'audit' })),
  );

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the case is a type parameter
export function Generic<Name extends EventName>(name: Name): MethodDecorator {
  return applyDecorators(
    TrackEvent(name, ({ result }) => ({ result })),
    TrackEvent(name, { on: 'error', data: ({ error }) => ({ error: String(error) }) }),
    TrackEvent(name),
  );
}
