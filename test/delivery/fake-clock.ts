/** For tests that turn the clock: timers and all clocks of the process stand still until `pass`. */
export function fakeClock(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
}

/** Turns the clock on, and lets happen what is due meanwhile. */
export function pass(ms: number): Promise<void> {
  return jest.advanceTimersByTimeAsync(ms);
}
