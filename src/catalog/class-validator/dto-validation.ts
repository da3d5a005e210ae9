import type { ValidationError } from 'class-validator';
import { issueList, type Issue, type IssueList } from '../issue';
import { fieldsOf, type DtoField, type DtoRule } from './dto-class';
import { instanceOf } from './dto-instance';
import { enumValues, writtenRule } from './dto-rules';
import { classValidator, getMetadataStorage, ValidationExecutor } from './peers';

type ConcreteType = new (...args: never[]) => object;
type Fields = Readonly<Record<string, unknown>>;

/** Field that a check rejected. */
interface Refused {
  readonly path: readonly string[];
  readonly field: DtoField | undefined;
  /** Messages by check; empty if the container of the value has the wrong shape. */
  readonly constraints: Readonly<Record<string, string>>;
}

/** Rejected fields in the order in which they were found. */
class RefusedFields {
  readonly all: Refused[] = [];
  private readonly places = new Set<string>();

  add(refused: Refused): void {
    this.places.add(placeOf(refused));
    this.all.push(refused);
  }

  /** Adds a field unless a check has rejected it already. */
  addOnce(refused: Refused): void {
    if (!this.places.has(placeOf(refused))) this.add(refused);
  }
}

function placeOf({ path }: Refused): string {
  return JSON.stringify(path);
}

/**
 * Validates a copy of an event as an instance of a class.
 * @returns a promise if a validator is asynchronous
 */
export function validateAs(type: ConcreteType, event: object): IssueList | Promise<never> {
  const instance = instanceOf(type, event);
  const errors: ValidationError[] = [];
  const executor = new ValidationExecutor(undefined, { forbidUnknownValues: false });
  executor.execute(instance, '', errors);
  if (executor.awaitingPromises.length > 0) return neverAnswered(executor.awaitingPromises);
  const refused = new RefusedFields();
  collect(executor.stripEmptyErrors(errors), [], refused);
  addShapes(instance, [], refused);
  return issueList(refused.all, issueOf);
}

/**
 * Returns the properties that validation rejects if they are missing. A validator that throws for a
 * missing value counts as rejecting it.
 * @throws errors of the constructor
 */
export function missingIn(type: ConcreteType): ReadonlySet<string> {
  const instance = instanceOf(type, {}) as Fields;
  const isMissing = ({ name, isOptional, rules }: DtoField): boolean => {
    const value = instance[name];
    return !(isOptional && (value ?? null) === null) && rules.some((rule) => refuses(rule, instance, value));
  };
  return new Set(
    fieldsOf(type)
      .filter(isMissing)
      .map(({ name }) => name),
  );
}

function refuses({ metadata }: DtoRule, object: object, value: unknown): boolean {
  const { constraintCls, validateIf, constraints, propertyName: property } = metadata;
  const checks = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  const given = { targetName: object.constructor.name, property, object, value, constraints };
  const values: readonly unknown[] = metadata.each && Array.isArray(value) ? value : [value];
  try {
    if (validateIf !== undefined && !validateIf(object, value)) return false;
    return checks.some(({ instance }) => values.some((each) => isFalse(instance.validate(each, given))));
  } catch {
    return true;
  }
}

function isFalse(answer: unknown): boolean {
  if (answer instanceof Promise) answer.catch(() => undefined);
  return !answer;
}

function neverAnswered(promises: readonly Promise<unknown>[]): Promise<never> {
  for (const promise of promises) promise.catch(() => undefined);
  return Promise.reject(new TypeError('a validator is asynchronous'));
}

function collect(errors: readonly ValidationError[], parents: readonly string[], found: RefusedFields): void {
  for (const { target, property, constraints = {}, children = [] } of errors) {
    const field = target && fieldNamed(target, property);
    const path = [...parents, field?.key ?? property];
    if (Object.keys(constraints).length > 0) found.add({ path, field, constraints });
    collect(children, path, found);
  }
}

function fieldNamed(target: object, property: string): DtoField | undefined {
  return typeof target.constructor === 'function'
    ? fieldsOf(target.constructor).find(({ name }) => name === property)
    : undefined;
}

/**
 * Adds the rejections that class-validator misses: a single value where `each: true` requires a
 * list, a list where a nested object is required, and the names of a numeric enum. The property
 * type and the JSON Schema do not allow these.
 */
function addShapes(instance: object, parents: readonly string[], found: RefusedFields): void {
  for (const field of fieldsOf(instance.constructor)) {
    const value = (instance as Fields)[field.name];
    if (value === undefined || value === null || !field.conditions.every((holds) => holds(instance, value))) continue;
    const path = [...parents, field.key];
    if (!isOfShape(field, value) || hasEnumName(field, value)) found.addOnce({ path, field, constraints: {} });
    else if (field.isNested) addNested(field, value, path, found);
  }
}

function addNested(field: DtoField, value: unknown, path: readonly string[], found: RefusedFields): void {
  const items = isItemised(value) ? entriesOf(value) : [['', value] as const];
  for (const [key, item] of items) {
    if (typeof item !== 'object' || item === null) continue;
    const at = key === '' ? path : [...path, key];
    if (Array.isArray(item) || item instanceof Date) found.addOnce({ path: at, field, constraints: {} });
    else addShapes(item, at, found);
  }
}

type Itemised = readonly unknown[] | ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;

function isItemised(value: unknown): value is Itemised {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}

function entriesOf(value: Itemised): (readonly [string, unknown])[] {
  const entries = value instanceof Set ? [...value].entries() : value.entries();
  return [...(entries as Iterable<readonly [unknown, unknown]>)].map(([key, item]) => [String(key), item] as const);
}

function isOfShape({ shape, rules, isNested }: DtoField, value: unknown): boolean {
  if (!isNested && !rules.some(({ metadata }) => metadata.each)) return true;
  if (shape === 'either') return true;
  if (shape === 'map') return value instanceof Map;
  return shape === 'list' ? Array.isArray(value) || value instanceof Set : !isItemised(value);
}

function hasEnumName({ rules }: DtoField, value: unknown): boolean {
  return rules.some((rule) => {
    if (rule.check !== classValidator.IS_ENUM || rule.metadata.validateIf !== undefined) return false;
    const values = valuesOf(rule);
    if (!rule.metadata.each || !isItemised(value)) return !values.has(value);
    return entriesOf(value).some(([, item]) => !values.has(item));
  });
}

const enums = new WeakMap<object, ReadonlySet<unknown>>();

function valuesOf({ metadata }: DtoRule): ReadonlySet<unknown> {
  const known = enums.get(metadata);
  if (known !== undefined) return known;
  const values = new Set(enumValues((metadata.constraints as readonly unknown[])[0]));
  enums.set(metadata, values);
  return values;
}

/** Names of the library's own checks, which it exports as constants: `IS_EMAIL = 'isEmail'`. */
const OWN_CHECKS = new Set<unknown>(Object.values(classValidator).filter((each) => typeof each === 'string'));

/** Creates one issue for a field, however many checks rejected it. */
function issueOf({ path, field, constraints }: Refused): Issue {
  const [[check, message] = ['', '']] = Object.entries(constraints);
  if (check !== '' && !OWN_CHECKS.has(check) && !field?.isNested) return { message, path, check };
  const rule = field?.rules.find((each) => each.check === check);
  const expected = rule && !rule.metadata.each ? writtenRule(rule)?.expected : undefined;
  return expected === undefined ? { message, path } : { message, path, '~expected': expected };
}
