import { Redact, type RedactOptions } from '../processors/redact';
import type { Envelope } from '../event/envelope';

/** Field names whose values never reach the explorer, whatever the options say. */
const SECRETS = [/passw(or)?d/i, /secret/i, /token/i, /authori[sz]ation/i, /^cookies?$/i, /api_?key/i];

/**
 * Redacts events before the explorer keeps them: the personal fields of the catalog, the paths and
 * keys of the options, and fields with the names of secrets.
 */
export class Redaction {
  private readonly redact: Redact;

  /**
   * @param marks personal paths by event name, of the catalog
   * @throws TrackingConfigException for invalid options
   */
  constructor(options: RedactOptions = {}, marks?: (eventName: string) => readonly string[]) {
    const { keys = [], marks: own, ...others } = options;
    this.redact = new Redact({
      ...others,
      keys: [...SECRETS, ...keys],
      marks: (name) => [...(marks?.(name) ?? []), ...(own?.(name) ?? [])],
    });
  }

  /**
   * Returns the redacted event. An event that cannot be redacted, for example because a function of
   * the options throws, is replaced by its name without values.
   */
  apply(envelope: Envelope): Envelope {
    try {
      const redacted = this.redact.processEnvelope(envelope);
      if (typeof redacted !== 'string') return redacted;
    } catch {
      // The values must not be shown then.
    }
    return envelope.changed({ ...envelope.event, context: {}, data: { '(not shown)': 'it could not be redacted' } });
  }
}
