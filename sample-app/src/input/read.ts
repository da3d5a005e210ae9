/**
 * Validation of request input without a library. A reader returns an object with exactly the fields
 * that its handler uses and drops unknown fields, or throws a BadRequestException that names the
 * field, the received value and the accepted values.
 */
import { BadRequestException, type PipeTransform } from '@nestjs/common';

export class ReadPipe<T> implements PipeTransform<unknown, T> {
  constructor(private readonly read: (value: unknown) => T) {}

  transform(value: unknown): T {
    return this.read(value);
  }
}

export function fields(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BadRequestException(`${where} ${shown(value)}. Send a JSON object with content-type: application/json.`);
}

export function oneOf<const Choice extends string>(value: unknown, where: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw new BadRequestException(`${where} ${shown(value)}. Use one of: ${choices.join(', ')}.`);
}

export function numberOf<const Choice extends number>(
  value: unknown,
  where: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw new BadRequestException(`${where} ${shown(value)}. Use one of: ${choices.join(', ')}.`);
}

export function text(value: unknown, where: string, maxLength = 200): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value;
  throw new BadRequestException(`${where} ${shown(value)}. Send a string of 1 to ${maxLength} characters.`);
}

/** Returns a position in a video, in seconds from the start. */
export function seconds(value: unknown, where: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 86_400) return value;
  throw new BadRequestException(`${where} ${shown(value)}. Send a number of seconds from 0 to 86400.`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'is missing';
  const json = JSON.stringify(value);
  return `is ${json.length > 40 ? `${json.slice(0, 40)}…` : json}`;
}
