/**
 * Checks paths to personal data against the schema when the definition is created. A path that
 * leads nowhere would leave personal data in every store without notice. A path into a part that
 * the schema leaves open is allowed.
 */
import { nameDistance, nearestName } from '../common/nearest-name';
import { ANY_DEPTH, ANY_KEY, type FieldPath, type PathStep } from '../processors/paths/event-path';
import { nameOr } from '../common/tracking-config.exception';
import {
  ApplicableSchemas,
  declaredNames,
  listOf,
  schemasOfField,
  schemasOfItems,
  valuesIn,
  type Applicable,
} from './applicable-schemas';
import type { ReadSchema } from './event-schema';
import { isSchema, propertiesOf, typesOf, valuesOf, type JsonSchema } from './json-schema';

/** Reason why a path leads nowhere. */
export interface PathMiss {
  readonly what: string;
  readonly fix: string;
}

/** Schemas that one step leads to. */
interface Reached {
  readonly schemas: readonly unknown[];
  /** True if values that the schema does not describe may be there. */
  readonly isOpen: boolean;
}

const NOWHERE: Reached = { schemas: [], isOpen: false };
const OPEN: Reached = { schemas: [], isOpen: true };
const COMBINING = ['$ref', 'allOf', 'anyOf', 'oneOf'];
const OF_OBJECTS = [
  'properties',
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
];
const OF_LISTS = ['items', 'prefixItems', 'unevaluatedItems', 'contains'];
const MAX_PATHS = 200;
const MAX_DEPTH = 8;
const MAX_SHOWN = 8;

/** Schemas of the parts of an event; a part without one may contain anything. */
export interface PartSchemas {
  readonly data?: ReadSchema | undefined;
  readonly context?: ReadSchema | undefined;
}

/** Returns the miss of a path. A path that begins with `*` can reach parts without a schema. */
export function missOf([path, ...others]: readonly FieldPath[], schemas: PartSchemas): PathMiss | undefined {
  if (path === undefined || others.length > 0 || path.part === 'added') return undefined;
  const schema = schemas[path.part];
  return schema && new PersonalPaths(path.part, schema).missOf(path.steps);
}

export class PersonalPaths {
  private readonly schemas: ApplicableSchemas;

  /** @param part where a path begins: `data`, `context` */
  constructor(
    private readonly part: string,
    private readonly schema: ReadSchema,
  ) {
    this.schemas = new ApplicableSchemas(schema.plain);
  }

  /**
   * Checks a path.
   * @returns undefined if the path may lead to a value
   */
  missOf(steps: readonly PathStep[]): PathMiss | undefined {
    let at = this.schemas.ofRoot();
    for (const [index, step] of steps.entries()) {
      const reached = step === ANY_DEPTH ? this.everything(at) : this.step(at, step);
      if (reached.isOpen || !at.isWhole) return undefined;
      const next = this.schemas.ofAll(reached.schemas);
      if (next.schemas.length === 0 && next.isWhole) return this.describe(at, steps, index);
      at = next;
    }
    return undefined;
  }

  private step(at: Applicable, step: string | typeof ANY_KEY): Reached {
    return together(at.schemas.map((schema) => this.stepInto(schema, step)));
  }

  private stepInto(schema: JsonSchema, step: string | typeof ANY_KEY): Reached {
    const [isObject, isList] = [mayBe('object', OF_OBJECTS, schema), mayBe('array', OF_LISTS, schema)];
    if (!isObject && !isList) return isUnrestricted(schema) ? OPEN : NOWHERE;
    return together([isObject ? this.intoObject(schema, step) : NOWHERE, isList ? intoList(schema, step) : NOWHERE]);
  }

  private intoObject(schema: JsonSchema, step: string | typeof ANY_KEY): Reached {
    const others = this.otherFields(schema);
    if (step === ANY_KEY) return together([{ schemas: Object.values(propertiesOf(schema)), isOpen: false }, others]);
    if (Object.hasOwn(propertiesOf(schema), step)) return { schemas: schemasOfField(schema, step), isOpen: false };
    const { propertyNames } = schema;
    const names = isSchema(propertyNames) ? valuesOf(propertyNames) : undefined;
    if (names !== undefined && !names.includes(step)) return NOWHERE;
    return declaredNames(schema).includes(step) ? together([OPEN, others]) : others;
  }

  /** Returns the schemas of fields that are not declared by name. */
  private otherFields(schema: JsonSchema): Reached {
    const { patternProperties, additionalProperties, unevaluatedProperties } = schema;
    const said = additionalProperties ?? unevaluatedProperties;
    if (patternProperties !== undefined || said === true) return OPEN;
    if (said === false) return NOWHERE;
    if (isSchema(said)) return Object.keys(said).length === 0 ? OPEN : { schemas: [said], isOpen: false };
    // The libraries accept no other fields by default. An object without known fields may have any.
    return this.schema.isOpen || !('properties' in schema) ? OPEN : NOWHERE;
  }

  /** Returns all places at any depth, including this one. */
  private everything(at: Applicable): Reached {
    const found = new Set(at.schemas);
    for (let level = at; level.schemas.length > 0;) {
      const reached = this.step(level, ANY_KEY);
      if (reached.isOpen || !level.isWhole) return OPEN;
      const below = this.schemas.ofAll(reached.schemas);
      const fresh = below.schemas.filter((schema) => !found.has(schema));
      for (const schema of fresh) found.add(schema);
      level = { schemas: fresh, isWhole: below.isWhole };
    }
    return { schemas: [...found], isOpen: false };
  }

  private describe(at: Applicable, steps: readonly PathStep[], index: number): PathMiss {
    const [holder, given] = [this.written(steps.slice(0, index)), this.written(steps)];
    const step = steps[index];
    const isList = at.schemas.some((schema) => mayBe('array', OF_LISTS, schema));
    const isObject = at.schemas.some((schema) => mayBe('object', OF_OBJECTS, schema));
    if (isList && !isObject && typeof step === 'string') {
      const fixed = this.written([...steps.slice(0, index), ANY_KEY, ...steps.slice(index)]);
      const fix = `'${nameOr(`${holder}.*`, fixed)}'`;
      return { what: `"${holder}" is a list; use a number or * as the key of its items`, fix };
    }
    const isShown = typeof step === 'string' && nameOr('', step) === step;
    const what = isObject ? `has no ${isShown ? `field "${step}"` : 'such field'}` : 'has no fields';
    return { what: `"${holder}" ${what}`, fix: this.otherPaths(given) };
  }

  /** Lists the paths that exist, the most similar ones first. */
  private otherPaths(given: string): string {
    const paths = this.paths();
    const near = nearestName(given, paths);
    const byDistance = paths
      .map((path) => ({ path, distance: nameDistance(given, path) }))
      .sort((one, other) => one.distance - other.distance)
      .slice(0, MAX_SHOWN);
    const shown = byDistance.map(({ path }) => `'${path}'`).join(', ');
    const exist =
      paths.length === 0
        ? 'the schema has no fields'
        : `paths that exist: ${shown}${paths.length > MAX_SHOWN ? ', …' : ''}`;
    return near === undefined ? exist : `'${near}'; ${exist}`;
  }

  /** Returns the paths to all declared places, up to a limit. */
  private paths(): string[] {
    const found: string[] = [];
    const visit = (at: Applicable, steps: readonly PathStep[]): void => {
      if (steps.length >= MAX_DEPTH) return;
      for (const step of stepsIn(at)) {
        if (found.length >= MAX_PATHS) return;
        const next = this.schemas.ofAll(this.step(at, step).schemas);
        if (typeof step === 'string') found.push(this.written([...steps, step]));
        visit(next, [...steps, step]);
      }
    };
    visit(this.schemas.ofRoot(), []);
    return found;
  }

  /** Writes a path, with a backslash before characters that have a meaning in paths. */
  private written(steps: readonly PathStep[]): string {
    const keys = steps.map((step) => {
      if (step === ANY_KEY) return '*';
      return step === ANY_DEPTH ? '**' : step.replace(/[\\.*[\]]/g, '\\$&');
    });
    return [this.part, ...keys].join('.');
  }
}

function intoList(schema: JsonSchema, step: string | typeof ANY_KEY): Reached {
  if (step !== ANY_KEY && !/^\d+$/.test(step)) return NOWHERE;
  const schemas = schemasOfItems(schema, step === ANY_KEY ? undefined : Number(step));
  const says = ['items', 'prefixItems'].some((keyword) => keyword in schema);
  return { schemas, isOpen: !says || schemas.includes(true) };
}

function stepsIn({ schemas }: Applicable): (string | typeof ANY_KEY)[] {
  const names = new Set(schemas.flatMap((schema) => Object.keys(propertiesOf(schema))));
  const hasOthers = schemas.some(
    (schema) =>
      isSchema(schema['additionalProperties']) ||
      valuesIn(schema['patternProperties']).length > 0 ||
      isSchema(schema['items']) ||
      listOf(schema['prefixItems']).length > 0,
  );
  return hasOthers ? [...names, ANY_KEY] : [...names];
}

function mayBe(type: string, keywords: readonly string[], schema: JsonSchema): boolean {
  const types = typesOf(schema);
  return types === undefined ? keywords.some((keyword) => keyword in schema) : types.includes(type);
}

/** Returns true for a schema without restrictions, for example `{}`. */
function isUnrestricted(schema: JsonSchema): boolean {
  return typesOf(schema) === undefined && !COMBINING.some((keyword) => keyword in schema);
}

function together(each: readonly Reached[]): Reached {
  return { schemas: each.flatMap(({ schemas }) => schemas), isOpen: each.some(({ isOpen }) => isOpen) };
}
