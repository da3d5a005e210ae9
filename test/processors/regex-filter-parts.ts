import { backend, MemoryBackend, processor, RegexFilter, TrackingConfigException } from 'nestjs-event-tracking';
import type { RegexFilterOptions } from 'nestjs-event-tracking/types';
import { buildTracking, expectBalance, startTracking } from '../support/start-tracking';

function filtering(options: unknown): Parameters<typeof buildTracking>[0] {
  return {
    processors: [processor(RegexFilter, options as RegexFilterOptions)],
    backends: { sink: backend(MemoryBackend) },
  };
}

export async function passing(options: RegexFilterOptions | undefined, emitted: readonly unknown[]): Promise<string[]> {
  const run = await startTracking(filtering(options));
  for (const name of emitted) run.tracker.emit(name as string);
  const passed = run.names();
  expect(run.ledger.node('')).toMatchObject({ received: emitted.length, passed: passed.length });
  expect(run.ledger.node('')?.dropped['filtered'] ?? 0).toBe(emitted.length - passed.length);
  expectBalance(run.ledger);
  return passed;
}

/** Which names one pattern matches; the blocklist has to hold back exactly those. */
export async function matching(pattern: string, ...names: readonly string[]): Promise<string[]> {
  const matched = await passing({ regularExpressions: [pattern] }, names);
  const unmatched = await passing({ filterType: 'blocklist', regularExpressions: [pattern] }, names);
  expect(unmatched).toEqual(names.filter((name) => !matched.includes(name)));
  return matched;
}

export async function errorsOf(options: unknown): Promise<TrackingConfigException['errors']> {
  const refused: unknown = await buildTracking(filtering(options)).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (refused instanceof TrackingConfigException) return refused.errors;
  throw refused as Error;
}
