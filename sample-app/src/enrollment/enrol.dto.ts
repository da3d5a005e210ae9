import { fields, oneOf } from '../input/read';

export const MODES = ['audit', 'honor', 'verified'] as const;

export interface EnrolDto {
  readonly mode: (typeof MODES)[number];
}

export function readEnrolDto(body: unknown): EnrolDto {
  return { mode: oneOf(fields(body, 'body').mode, 'mode', MODES) };
}
