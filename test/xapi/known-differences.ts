import type { VectorCase } from './vector-cases';

/** A difference to Open edX's converter that is on purpose. */
export interface KnownDifference {
  readonly reason: string;
  /** True for the cases that it explains. `outcome` is what this library made of the event. */
  readonly explains: (each: VectorCase, outcome: Outcome) => boolean;
}

/** Result of a conversion: what was made, or the message of the error. */
export type Outcome = { readonly made: unknown } | { readonly refused: string };

const CRASH = /^(AttributeError|TypeError|IndexError|KeyError)/;

export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: 'The object has no id, so no server accepts the result. Open edX drops it silently; here it is an error.',
    explains: ({ expected }, outcome) => 'refused' in outcome && hasNoObjectId(expected),
  },
  {
    reason: 'The converter of Open edX crashes on this event. Here it has a result, or an error that names the field.',
    explains: ({ error = '' }) => CRASH.test(error),
  },
  {
    reason: 'The converter of Open edX refuses this event, and so does this library, in its own words.',
    explains: ({ error }, outcome) => error !== undefined && 'refused' in outcome,
  },
  {
    reason: 'Open edX has Caliper events only for lines with a timestamp. Here the time of older lines counts too.',
    explains: ({ error = '', raw }) => error.includes('timestamp') && raw['time'] !== undefined,
  },
  {
    reason: 'Open edX has no converter for this name. Here an event without a row has no result, and that is no error.',
    explains: ({ error = '' }, outcome) =>
      error.startsWith('NoTransformerImplemented') && 'made' in outcome && isEmptyList(outcome.made),
  },
];

function hasNoObjectId(expected: unknown): boolean {
  const object = (expected as { object?: { id?: unknown } } | undefined)?.object;
  return object !== undefined && object.id === undefined;
}

function isEmptyList(made: unknown): boolean {
  return Array.isArray(made) && made.length === 0;
}
