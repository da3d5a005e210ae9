import { PathError, readFieldPath } from '../processors/paths/event-path';
import { optionName, showChoice, showName, showValue } from '../common/tracking-config.exception';
import { ApplicableSchemas, declaredNames } from './applicable-schemas';
import { EventDefinitionException, type DefinitionError } from './event-definition.exception';
import { readEventSchema, type ReadSchema } from './event-schema';
import { isSchemaError } from './schema-error';
import { isSchema, typesOf } from './json-schema';
import { missOf, type PartSchemas } from './personal-paths';
import { readStatement, type ReadStatement } from './statement/read-statement';

/**
 * Reads a definition and collects its errors. A misspelt option is an error too: `pi:
 * ['context.email']` would look correct and leave the address in every store.
 */
export class DefinitionReader {
  private readonly errors: DefinitionError[] = [];
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(
    /** Definition as in the code: `defineEvent("video.played")`. */
    private readonly place: string,
    options: unknown,
    known: readonly string[],
  ) {
    this.options = isSchema(options) ? options : {};
    if (!isSchema(options))
      this.add('definition', `it is ${showValue(options)}, not an object`, '{ title: ..., data: z.object({...}) }');
    for (const option of Object.keys(this.options)) {
      if (!known.includes(option))
        this.add(optionName(option, known), 'the option is unknown', `known are ${known.join(', ')}`);
    }
  }

  add(option: string, what: string, fix: string): void {
    this.errors.push({ option, what, fix });
  }

  text(option: string): string | null {
    const value = this.options[option];
    if (value === undefined) return null;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.add(option, `it is ${showValue(value)}`, 'use a string, or leave it out');
    return null;
  }

  oneOf<Choice extends string>(option: string, choices: readonly Choice[], otherwise: Choice): Choice {
    const value = this.options[option];
    if (value === undefined) return otherwise;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined)
      this.add(option, `it is ${showChoice(value, choices)}`, choices.map((each) => `'${each}'`).join(' or '));
    return chosen ?? otherwise;
  }

  version(option: string): number {
    const value = this.options[option] ?? 1;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    this.add(option, `it is ${showValue(value)}`, 'use a whole number of at least 1');
    return 1;
  }

  list(option: string): readonly unknown[] {
    const value = this.options[option];
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as unknown[];
    this.add(option, `it is ${showValue(value)}, not a list`, `${option}: [...]`);
    return [];
  }

  object(option: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.options[option];
    if (value === undefined || isSchema(value)) return value;
    this.add(option, `it is ${showValue(value)}`, 'use an object, or leave it out');
    return undefined;
  }

  schema(option: string): ReadSchema | undefined {
    const value = this.options[option];
    if (value === undefined) return undefined;
    const read = readEventSchema(value);
    if (isSchemaError(read)) {
      this.add(option, read.what, read.fix);
      return undefined;
    }
    const types = typesOf(read.json);
    if (types === undefined || types.includes('object')) return read;
    this.add(
      option,
      `it is a schema of ${types.join(' or ')}, but ${option} is an object`,
      `${option}: z.object({...})`,
    );
    return undefined;
  }

  /**
   * Reads paths that start at the event, in the form that Redact accepts. A path to a place that
   * the schema does not have is an error.
   * @param schemas schemas of the parts of the event; a part without one may contain anything
   * @param inside part in which all paths start, if there is only one; paths may omit its name
   */
  paths(option: string, schemas: PartSchemas, inside?: keyof PartSchemas): readonly string[] {
    return this.list(option).flatMap((path, at) => {
      const whole = inside === undefined || typeof path !== 'string' ? path : pathWithin(inside, path, schemas[inside]);
      const read = readFieldPath(whole);
      const error = read instanceof PathError ? read : missOf(read, schemas);
      if (error === undefined) return whole as string;
      this.add(`${option}[${String(at)}]`, `it is ${showName(path)}: ${error.what.replace(/\.$/, '')}`, error.fix);
      return [];
    });
  }

  /** Reads how to make the xAPI statement of an event; undefined without it, or if it is wrong. */
  statement(option: string, schemas: PartSchemas): ReadStatement | undefined {
    const given = this.options[option];
    if (given === undefined) return undefined;
    return readStatement(given, schemas, (path, what, fix) => {
      this.add(path === '' ? option : `${option}.${path}`, what, fix);
    });
  }

  throwIfAny(): void {
    if (this.errors.length > 0) throw EventDefinitionException.create(this.place, this.errors);
  }
}

function pathWithin(part: keyof PartSchemas, path: string, schema: ReadSchema | undefined): string {
  const isWritten = path.startsWith(`${part}.`) && !(schema !== undefined && declares(schema, part));
  return isWritten ? path : `${part}.${path}`;
}

function declares({ plain }: ReadSchema, name: string): boolean {
  return new ApplicableSchemas(plain).ofRoot().schemas.some((schema) => declaredNames(schema).includes(name));
}
