/** Compiled by `tsc --noEmit`, never run: what the decorators take, and on what they may stand. */
import { Readable } from 'node:stream';
import { of, Subject, type Observable } from 'rxjs';
import { TrackEvent } from 'nestjs-event-tracking';

interface EnrollmentDto {
  readonly mode: 'audit' | 'verified';
}
interface Enrollment {
  readonly id: number;
  readonly mode: string;
}
declare const enrollment: Enrollment;

/**
 * Data functions that say what they take: typed, testable alone, and checked against the method
 * they stand on.
 */
const enrolled = ({ result }: { readonly result: Enrollment }): object => ({ mode: result.mode });
const perhaps = ({ result }: { readonly result: Enrollment | undefined }): object => ({ mode: result?.mode });
const asked = ({ args: [courseId] }: { readonly args: readonly [string, ...unknown[]] }): object => ({ courseId });
const both = ({
  args: [, dto],
  result,
}: {
  readonly args: readonly [string, EnrollmentDto];
  readonly result: Enrollment;
}): object => ({
  mode: dto.mode,
  id: result.id,
});
const failed = ({
  error,
  durationMs,
  count,
}: {
  readonly error: unknown;
  readonly durationMs: number;
  readonly count: number;
}): object => ({
  error: String(error),
  durationMs: durationMs.toFixed(),
  count: count.toFixed(),
});

export class Inline {
  @TrackEvent('enrolled', ({ args: [courseId, dto], result }) => ({
    course_id: courseId,
    mode: dto.mode,
    id: result.id,
  }))
  enrol(courseId: string, dto: EnrollmentDto): Enrollment {
    return { ...enrollment, mode: `${courseId} ${dto.mode}` };
  }

  @TrackEvent('enrolled', {
    on: 'settled',
    data: ({ args: [dto], error, durationMs, count }) => ({ dto, error, durationMs, count }),
    context: ({ result }) => ({ id: result?.id }),
    tracker: 'audit',
  })
  async options(dto: EnrollmentDto): Promise<Enrollment> {
    return Promise.resolve({ ...enrollment, mode: dto.mode });
  }

  @TrackEvent('enrolled')
  without(): void {}

  @TrackEvent('enrolled', { on: undefined, data: undefined, context: undefined, tracker: undefined })
  undefinedEverywhere(): void {}

  @TrackEvent('enrolled', () => undefined)
  nothing(): void {}

  @TrackEvent('enrolled')
  static ofTheClass(): void {}

  @TrackEvent('enrolled')
  private hidden(): void {}

  @TrackEvent('enrolled')
  generic<T>(value: T): T {
    this.hidden();
    return value;
  }

  // @ts-expect-error an end that there is not
  @TrackEvent('enrolled', { on: 'failure' })
  unknownEnd(): void {}

  // @ts-expect-error an option that there is not
  @TrackEvent('enrolled', { datum: () => ({}) })
  unknownOption(): void {}

  // @ts-expect-error data is an object
  @TrackEvent('enrolled', () => 'text')
  text(): void {}

  // @ts-expect-error an async function: emit waits for nothing
  @TrackEvent('enrolled', async () => Promise.resolve({}))
  async(): void {}

  // @ts-expect-error an async function for the context
  @TrackEvent('enrolled', { context: async () => Promise.resolve({}) })
  asyncContext(): void {}

  // @ts-expect-error an outcome has no such field
  @TrackEvent('enrolled', ({ results }) => ({ results }))
  unknownField(): void {}

  // @ts-expect-error a field is not a method: the arrow function is made anew for each instance
  @TrackEvent('enrolled')
  arrow = (): void => undefined;
}

export class Checked {
  @TrackEvent('enrolled', enrolled)
  sync(): Enrollment {
    return enrollment;
  }

  @TrackEvent('enrolled', enrolled)
  async promised(): Promise<Enrollment> {
    return Promise.resolve(enrollment);
  }

  @TrackEvent('enrolled', enrolled)
  observed(): Observable<Enrollment> {
    return of(enrollment);
  }

  @TrackEvent('enrolled', enrolled)
  async *iterated(): AsyncGenerator<Enrollment> {
    yield await Promise.resolve(enrollment);
  }

  @TrackEvent('enrolled', enrolled)
  *generated(): Generator<Enrollment, string> {
    yield enrollment;
    return 'end';
  }

  @TrackEvent('enrolled', enrolled)
  iterator(): IterableIterator<Enrollment> {
    return [enrollment].values();
  }

  @TrackEvent('enrolled', enrolled)
  async promisedStream(): Promise<Observable<Enrollment>> {
    return Promise.resolve(of(enrollment));
  }

  @TrackEvent('enrolled', enrolled)
  async promisedIterator(): Promise<AsyncGenerator<Enrollment>> {
    return Promise.resolve(this.iterated());
  }

  @TrackEvent('listed', ({ result }: { readonly result: readonly Enrollment[] }) => ({ count: result.length }))
  list(): Enrollment[] {
    return [enrollment];
  }

  @TrackEvent('mapped', ({ result }: { readonly result: ReadonlyMap<string, Enrollment> }) => ({ size: result.size }))
  async map(): Promise<Map<string, Enrollment>> {
    return Promise.resolve(new Map());
  }

  @TrackEvent('opened', ({ result }: { readonly result: Subject<Enrollment> }) => ({ closed: result.closed }))
  subject(): Subject<Enrollment> {
    return new Subject();
  }

  @TrackEvent('read', ({ result }: { readonly result: Readable }) => ({ errored: result.errored }))
  async readable(): Promise<Readable> {
    return Promise.resolve(Readable.from([]));
  }

  // @ts-expect-error its values are the result, not the promise's Observable
  @TrackEvent('enrolled', ({ result }: { readonly result: Observable<Enrollment> }) => ({ result }))
  async otherStream(): Promise<Observable<Enrollment>> {
    return Promise.resolve(of(enrollment));
  }

  // @ts-expect-error what it yields is the result, not what it returns
  @TrackEvent('enrolled', ({ result }: { readonly result: string }) => ({ result }))
  *otherGenerator(): Generator<Enrollment, string> {
    yield enrollment;
    return 'end';
  }

  @TrackEvent('enrolled', { data: enrolled, context: asked })
  parts(courseId: string): Enrollment {
    return { ...enrollment, mode: courseId };
  }

  @TrackEvent('enrolled', asked)
  moreArguments(courseId: string, _dto: EnrollmentDto): string {
    return courseId;
  }

  @TrackEvent('enrolled', both)
  arguments(courseId: string, _dto: EnrollmentDto): Enrollment {
    return { ...enrollment, mode: courseId };
  }

  @TrackEvent('failed', { on: 'error', data: failed })
  error(): void {}

  @TrackEvent('enrolled', { on: 'settled', data: perhaps })
  async settled(): Promise<Enrollment> {
    return Promise.resolve(enrollment);
  }

  @TrackEvent('enrolled', perhaps)
  perhaps(): Enrollment | undefined {
    return undefined;
  }

  // @ts-expect-error where the method failed there is no result
  @TrackEvent('enrolled', { on: 'settled', data: enrolled })
  settledWithout(): Enrollment {
    return enrollment;
  }

  // @ts-expect-error where the method failed there is no result
  @TrackEvent('enrolled', { on: 'error', context: enrolled })
  failedWithout(): Enrollment {
    return enrollment;
  }

  // @ts-expect-error another result than the data function takes
  @TrackEvent('enrolled', enrolled)
  otherResult(): string {
    return '';
  }

  // @ts-expect-error a promise of another result
  @TrackEvent('enrolled', enrolled)
  async otherPromise(): Promise<{ readonly id: string }> {
    return Promise.resolve({ id: '' });
  }

  // @ts-expect-error other arguments than the data function takes
  @TrackEvent('enrolled', asked)
  otherArguments(courseId: number): number {
    return courseId;
  }

  // @ts-expect-error fewer arguments than the data function takes
  @TrackEvent('enrolled', both)
  fewerArguments(_courseId: string): Enrollment {
    return enrollment;
  }

  // @ts-expect-error of the options, the context function takes other arguments
  @TrackEvent('enrolled', { data: enrolled, context: asked })
  otherParts(_courseId: number): Enrollment {
    return enrollment;
  }
}
