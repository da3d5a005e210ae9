/** Finds a value for the examples of a schema. */
import { refusalOf, type ReadSchema } from '../../catalog/event-schema';
import { madeUpValue } from '../../catalog/made-up-value';
import { sampleOf } from '../../catalog/sample-value';
import { typicalValues } from './typical-value';
import { DateRevival } from '../validate/date-revival';

export interface Fitting {
  /** The value as JSON. */
  readonly value: unknown;
  /** The value with Dates instead of strings where the schema requires them. */
  readonly emitted: unknown;
  /** True if the schema accepts the value. */
  readonly fits: boolean;
}

const ROUNDS = [0, 1, 2, 3];

/** Returns the first value that the schema accepts, or else the most likely one. */
export function fittingValue(schema: ReadSchema): Fitting {
  const first = fittingOf(schema, sampleOf(schema.json));
  if (first.fits) return first;
  for (const value of candidates(schema)) {
    const found = fittingOf(schema, value);
    if (found.fits) return found;
  }
  return first;
}

function* candidates({ json }: ReadSchema): Generator {
  yield* typicalValues(json);
  for (const round of ROUNDS)
    for (const variant of [0, 1] as const) yield JSON.parse(JSON.stringify(madeUpValue(json, variant, round)));
}

/**
 * Tests a value. It is JSON: if the schema only accepts a Date, a string is converted to one.
 * @param schema without one, every value fits
 */
export function fittingOf(schema: ReadSchema | undefined, value: unknown): Fitting {
  if (schema === undefined || refusalOf(schema, value) === undefined) return { value, emitted: value, fits: true };
  const emitted = structuredClone(value);
  const fits = DateRevival.of(schema)?.revive(emitted) === true && refusalOf(schema, emitted) === undefined;
  return { value, emitted: fits ? emitted : value, fits };
}
