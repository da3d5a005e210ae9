/**
 * The failures that a vector may ask of a processor or a backend. JavaScript has no signal that
 * ends a process from inside a call: fatal is an ordinary error here.
 */
import { EventEmissionExit } from 'nestjs-event-tracking';

export function makeError(kind = 'generic'): Error {
  if (kind === 'cancel') return new EventEmissionExit();
  return new VectorError(kind);
}

class VectorError extends Error {
  constructor(kind: string) {
    super(`asked for by the vector: ${kind}`);
    this.name = kind;
  }
}
