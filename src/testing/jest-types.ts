import type { TrackingMatchers } from './matchers';

declare global {
  // @types/jest declares its matchers in `jest.Matchers`, and Vitest reads the matchers of other
  // libraries from it. Without either, this declares an unused type, so it needs no dependency.
  // eslint-disable-next-line @typescript-eslint/no-namespace -- declared by @types/jest
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- declarations merge only with the same parameters
    interface Matchers<R, T = {}> extends TrackingMatchers<R> {}
  }
}
