import { toCaliper } from 'nestjs-event-tracking/caliper';
import type { Outcome } from '../xapi/known-differences';
import type { VectorCase } from '../xapi/vector-cases';

/** Converts the event of a case with the settings that all vectors were made with. */
export function caliperOutcome({ raw }: VectorCase): Outcome {
  const convert = toCaliper({
    rootUrl: 'http://localhost:18000',
    actor: () => '32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb',
    courseName: () => 'Demonstration Course',
    transformer: 'event-routing-backends@1.1.1',
  });
  try {
    const events = convert(raw);
    const [event] = events;
    if (event === undefined) return { made: [] };
    const { id: _id, ...rest } = event;
    return { made: JSON.parse(JSON.stringify(rest)) as unknown };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}
