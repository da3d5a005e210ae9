import { toXapi } from 'nestjs-event-tracking/xapi';
import type { Outcome } from './known-differences';
import type { VectorCase } from './vector-cases';

const ACTORS = {
  account: '32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb',
  mbox: { mbox: 'edx@example.com' },
  mbox_sha1sum: { mbox_sha1sum: 'edx@example.com' },
} as const;

/** Converts the event of a case with the settings that all vectors were made with. */
export function xapiOutcome({ raw, agent }: VectorCase): Outcome {
  const convert = toXapi({
    rootUrl: 'http://localhost:18000',
    actor: () => ACTORS[agent],
    courseName: () => 'Demonstration Course',
    transformer: 'event-routing-backends@1.1.1',
  });
  try {
    const statements = convert(raw);
    const made: unknown = JSON.parse(JSON.stringify(statements.length === 1 ? statements[0] : statements));
    return { made };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}
