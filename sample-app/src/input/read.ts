/**
 * Bodies come from anyone. Each handler names a reader, which gives back exactly the shape the handler is written for, without
 * the fields nobody asked for, or answers 400 with the field, what was sent and what could have been.
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
  throw new BadRequestException(`${where} ${shown(value)}; send a JSON object, with content-type: application/json`);
}

export function oneOf<const Choice extends string>(value: unknown, where: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw new BadRequestException(`${where} ${shown(value)}; it can be ${choices.join(', ')}`);
}

export function text(value: unknown, where: string, maxLength = 200): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value;
  throw new BadRequestException(`${where} ${shown(value)}; it must be text of 1 to ${maxLength} characters`);
}

/** A place in a video, in seconds from its start. */
export function seconds(value: unknown, where: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 86_400) return value;
  throw new BadRequestException(`${where} ${shown(value)}; it must be a number of seconds, from 0 to 86400`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'is missing';
  const json = JSON.stringify(value);
  return `is ${json.length > 40 ? `${json.slice(0, 40)}…` : json}`;
}
