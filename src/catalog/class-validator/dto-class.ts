import { classValidator, defaultMetadataStorage, getMetadataStorage, ValidationTypes } from './peers';

/** Class whose properties have class-validator decorators. */
export type DtoType = abstract new (...args: never[]) => object;

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** Decorator of a property. */
export interface DtoRule {
  /** Name of the check in class-validator, for example `isString`. */
  readonly check: string;
  readonly metadata: Metadata;
}

/** Container of nested values: `either` if the compiler recorded only `Object`. */
export type DtoShape = 'object' | 'list' | 'map' | 'either';

export interface DtoField {
  /** Name of the property in the class. */
  readonly name: string;
  /** Name of the field in an event; differs from `name` with `@Expose({ name })`. */
  readonly key: string;
  readonly rules: readonly DtoRule[];
  /** True if `undefined` and `null` pass (`@IsOptional`). */
  readonly isOptional: boolean;
  /** Conditions of `@ValidateIf`. The rules apply only if all of them are true. */
  readonly conditions: readonly ((object: unknown, value: unknown) => unknown)[];
  /** `list` or `map` if the rules apply to each item. */
  readonly shape: DtoShape;
  /** True with `@ValidateNested`. */
  readonly isNested: boolean;
  /** Possible classes of a nested value; empty if `@Type` is missing or chooses by the value. */
  readonly types: readonly DtoType[];
  /** True with `@Type`. */
  readonly isTyped: boolean;
}

const { CONDITIONAL_VALIDATION, NESTED_VALIDATION } = ValidationTypes;
const LIST_CHECKS = new Set<string>([
  ...[classValidator.IS_ARRAY, classValidator.ARRAY_CONTAINS, classValidator.ARRAY_NOT_CONTAINS],
  ...[classValidator.ARRAY_MIN_SIZE, classValidator.ARRAY_MAX_SIZE, classValidator.ARRAY_NOT_EMPTY],
  classValidator.ARRAY_UNIQUE,
]);

const known = new WeakMap<object, readonly DtoField[]>();

/**
 * Returns the decorated properties of a class and its ancestors, as validation uses them. The
 * result is cached for each class.
 * @returns an empty list for a class without decorators
 */
export function fieldsOf(type: object): readonly DtoField[] {
  const fields = known.get(type) ?? readFields(type);
  known.set(type, fields);
  return fields;
}

/** Returns the class and all classes that its nested values can have. */
export function reachedFrom(type: DtoType): ReadonlySet<DtoType> {
  const found = new Set([type]);
  // Iterating over a set also visits what is added meanwhile.
  for (const each of found) for (const field of fieldsOf(each)) for (const nested of field.types) found.add(nested);
  return found;
}

function readFields(type: object): DtoField[] {
  const byName = new Map<string, DtoRule[]>();
  const all = getMetadataStorage().getTargetValidationMetadatas(type as DtoType & (() => void), '', false, false);
  for (const metadata of all) {
    const rules = byName.get(metadata.propertyName) ?? [];
    rules.push({ check: checkOf(metadata), metadata });
    byName.set(metadata.propertyName, rules);
  }
  const excluded = new Set(defaultMetadataStorage.getExcludedMetadatas(type).map(({ propertyName }) => propertyName));
  return [...byName].filter(([name]) => !excluded.has(name)).map(([name, rules]) => readField(type, name, rules));
}

function readField(type: object, name: string, rules: readonly DtoRule[]): DtoField {
  const typed = defaultMetadataStorage.findTypeMetadata(type, name);
  const conditional = rules.filter(({ metadata }) => metadata.type === CONDITIONAL_VALIDATION);
  const isOptional = (rule: DtoRule): boolean => rule.metadata.name === classValidator.IS_OPTIONAL;
  const exposed = defaultMetadataStorage.getExposedMetadatas(type).find(({ propertyName }) => propertyName === name);
  const isNested = rules.some(({ metadata }) => metadata.type === NESTED_VALIDATION);
  return {
    name,
    key: exposed?.options?.name ?? name,
    rules: rules.filter((rule) => !conditional.includes(rule)),
    isOptional: conditional.some(isOptional),
    conditions: conditional
      .filter((rule) => !isOptional(rule))
      .map(({ metadata }) => metadata.constraints[0] as DtoField['conditions'][number]),
    shape: typed?.reflectedType === Map ? 'map' : shapeOf(rules, isNested, designType(type, name)),
    isNested,
    types: isNested && typed !== undefined ? typesOf(typed) : [],
    isTyped: typed !== undefined,
  };
}

function checkOf({ constraintCls, type, name }: Metadata): string {
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  return constraint?.name ?? name ?? type;
}

function shapeOf(rules: readonly DtoRule[], isNested: boolean, declared: unknown): DtoShape {
  if (rules.some(({ check, metadata }) => metadata.each || LIST_CHECKS.has(check))) return 'list';
  if (isNested && declared === Object) return 'either';
  return declared === Array || declared === Set ? 'list' : 'object';
}

function designType(type: object, name: string): unknown {
  return Reflect.getMetadata('design:type', (type as DtoType).prototype as object, name);
}

type Typed = NonNullable<ReturnType<typeof defaultMetadataStorage.findTypeMetadata>>;

function typesOf({ typeFunction, options }: Typed): DtoType[] {
  const subTypes = options.discriminator?.subTypes.map(({ value }) => value) ?? [];
  return [...new Set([...subTypes, called(typeFunction)])].filter((each) => typeof each === 'function') as DtoType[];
}

/** Calls a type function. One that chooses by the value fails without a value. */
function called(typeFunction: () => unknown): unknown {
  try {
    return typeFunction();
  } catch {
    return undefined;
  }
}
