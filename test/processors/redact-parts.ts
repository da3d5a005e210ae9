import { processor } from '../../src/entries';
import type { ProcessorDescription } from '../../src/entries/types';
import { Redact, type RedactOptions } from '../../src/processors/redact';
import { startTwoBranches, type TwoBranches } from '../support/two-branches';

export const redact = (options: RedactOptions): ProcessorDescription => processor(Redact, options);
export const start = (options: RedactOptions): Promise<TwoBranches> => startTwoBranches([redact(options)]);
export const SECRET = 'a secret of 32 characters, or so';
export const hash = { keys: { k1: SECRET, k0: 'the secret of the year before' }, current: 'k1' };
