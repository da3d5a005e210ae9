import 'reflect-metadata';
import { defineEvent, type EventDefinition } from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
import { EventCheck } from '../../src/catalog/event-check';

export type AnyClass = new (...args: never[]) => object;

/**
 * A class made at run time: by field, its decorators and the type that the compiler would have
 * written down.
 */
export const classOf = (
  fields: Readonly<Record<string, readonly PropertyDecorator[]>>,
  types: Readonly<Record<string, unknown>> = {},
  name = 'Payload',
): AnyClass => {
  const type = { [name]: class {} }[name] as AnyClass;
  for (const [key, decorators] of Object.entries(fields)) {
    if (key in types) Reflect.defineMetadata('design:type', types[key], type.prototype as object, key);
    for (const decorate of decorators) decorate(type.prototype as object, key);
  }
  return type;
};
export const define = (type: AnyClass): EventDefinition => defineEvent('a', { data: dto(type) });
export const violations = (type: AnyClass, data: object): string[] =>
  (new EventCheck(define(type), { undeclared: true, showsKeys: true }).check(data, {})?.violations ?? []).map(
    ({ kind, path, message }) => `${kind} ${path} ${message}`,
  );
