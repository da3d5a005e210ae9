import { PathFault, readFieldPath } from '../processors/event-path';
import { optionName, showChoice, showName, showValue } from '../routing/tracking-config.exception';
import { EventDefinitionException, type DefinitionFault } from './event-definition.exception';
import { isFault, readEventSchema, type ReadSchema } from './event-schema';
import { isSchema, typesOf } from './json-schema';

/**
 * Reads a definition and collects what is wrong in it. A misspelt option is a fault too: `pi: ['context.email']` would leave
 * the address in every store, and look as if it were taken care of.
 */
export class DefinitionReader {
  private readonly faults: DefinitionFault[] = [];
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(
    /** `defineEvent("video.played")`. */
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

  add(option: string, what: string, mend: string): void {
    this.faults.push({ option, what, mend });
  }

  text(option: string): string | null {
    const value = this.options[option];
    if (value === undefined) return null;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.add(option, `it is ${showValue(value)}`, 'a text, or leave it out');
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
    this.add(option, `it is ${showValue(value)}`, 'a whole number from 1 up');
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
    this.add(option, `it is ${showValue(value)}`, 'an object, or leave it out');
    return undefined;
  }

  schema(option: string): ReadSchema | undefined {
    const value = this.options[option];
    if (value === undefined) return undefined;
    const read = readEventSchema(value);
    if (isFault(read)) {
      this.add(option, read.what, read.mend);
      return undefined;
    }
    const types = typesOf(read.json);
    if (types === undefined || types.includes('object')) return read;
    this.add(
      option,
      `it is a schema of ${types.join(' or ')}, and ${option} is an object`,
      `${option}: z.object({...})`,
    );
    return undefined;
  }

  /** Paths from the event down, as `Redact` takes them. @param prefix put before those that stand in one part alone */
  paths(option: string, prefix = ''): readonly string[] {
    return this.list(option).flatMap((path, at) => {
      const whole = typeof path === 'string' ? `${prefix}${path}` : path;
      const read = readFieldPath(whole);
      if (!(read instanceof PathFault)) return whole as string;
      this.add(`${option}[${String(at)}]`, `it is ${showName(path)}: ${read.what.replace(/\.$/, '')}`, read.mend);
      return [];
    });
  }

  throwIfAny(): void {
    if (this.faults.length > 0) throw EventDefinitionException.create(this.place, this.faults);
  }
}
