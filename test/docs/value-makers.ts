import mongoose from 'mongoose';

export class Point {
  readonly #secret = 'private';
  constructor(readonly x: number) {}

  get length(): number {
    return this.x + this.#secret.length;
  }

  get raw(): never {
    return throws();
  }
}

export class CourseKey {
  constructor(private readonly org: string) {}

  toJSON(): string {
    return `course-v1:${this.org}`;
  }
}

export function errorWith(message: string, options?: ErrorOptions & { readonly code?: string }): Error {
  const { code, ...rest } = options ?? {};
  const error = Object.assign(new Error(message, rest), code === undefined ? {} : { code });
  error.stack = 'Error: at f';
  return error;
}

export function throws(): never {
  throw new TypeError('why');
}

export function cyclic(): object {
  const value: Record<string, unknown> = { a: 1 };
  value['self'] = value;
  return value;
}

export function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/**
 * As deep as the default of `maxDepth` and one level more. The list of samples and the sample are
 * levels of their own.
 */
export function tooDeep(): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < 64; level++) value = [value];
  return value;
}

export const hex = '65a1b2c3d4e5f60718293a4b';
const lessons = new mongoose.Schema({ title: String }, { _id: false });
export const Course = mongoose.model(
  'Course',
  new mongoose.Schema(
    { title: String, password: String, at: Date, lessons: [lessons], seats: { type: Map, of: Number } },
    { toJSON: { transform: (_document, { password: _password, ...rest }) => rest } },
  ),
);

export function course(): InstanceType<typeof Course> {
  return new Course({
    _id: hex,
    title: 'Demo',
    password: 'secret',
    at: new Date(5),
    lessons: [{ title: 'One' }],
    seats: { audit: 3 },
  });
}

/** What a handler got, by platform. */
export const caught = new Map<string, { readonly request: unknown; readonly response: unknown }>();

export function keysTo(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `k${String(at)}`);
}
