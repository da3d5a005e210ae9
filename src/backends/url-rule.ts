import type { OptionRule } from '../common/option-place';
import { checked, listed, type RuleNotes } from '../common/option-rules';
import { showValue } from '../common/show-value';
import { CREDENTIALS_FIX, hasReadableCredentials, UNREADABLE_CREDENTIALS } from './url-credentials';

/**
 * Protocols that errors may show. In `user:password` or `localhost:3000` the part before the colon
 * also parses as a protocol.
 */
const SHOWN_PROTOCOLS = ['file:', 'ftp:', 'data:', 'ws:', 'wss:', 'http:', 'https:', 'redis:', 'rediss:'].concat([
  'mongodb:',
  'mongodb+srv:',
  'kafka:',
]);

/**
 * Rule for a URL, as a string or an object. Errors never show the value: a URL may hold
 * credentials, even an invalid one.
 * @param protocols valid ones, with their colon
 */
export function urlRule(protocols: readonly string[], notes: RuleNotes = {}): OptionRule {
  const expected = `a URL that begins with ${listed(protocols.map((protocol) => `${protocol}//`))}`;
  return checked(
    expected,
    (value, place) => {
      const url = parsed(value);
      if (url === undefined) {
        place.reject(typeof value === 'string' ? 'a string that is not a URL' : showValue(value), expected);
      } else if (!hasReadableCredentials(url)) {
        place.add(UNREADABLE_CREDENTIALS, CREDENTIALS_FIX);
      } else if (!protocols.includes(url.protocol)) {
        const given = SHOWN_PROTOCOLS.includes(url.protocol) ? `begins with "${url.protocol}"` : 'has another protocol';
        place.add(`${given}; expected ${expected}.`);
      }
    },
    notes,
  );
}

function parsed(value: unknown): URL | undefined {
  if (value instanceof URL) return value;
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
}
