import type { TrackingMatchers } from './matchers';

declare global {
  // `jest.Matchers` is where @types/jest has its matchers, and what Vitest takes those of other libraries from. Where neither is
  // installed this declares a type that nobody uses, so it costs no dependency.
  // eslint-disable-next-line @typescript-eslint/no-namespace -- it is theirs
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- declarations merge only with the same parameters
    interface Matchers<R, T = {}> extends TrackingMatchers<R> {}
  }
}
