/** What is done about an event that does not keep to its definition: nothing, told and counted, or kept from going on. */
export type ValidationMode = 'off' | 'report' | 'reject';

export interface ValidationOptions {
  /** @default 'report' */
  readonly mode?: ValidationMode | undefined;
  /** By NODE_ENV, in the place of `mode`: `{ production: 'report', test: 'reject' }`.  @default {} */
  readonly environments?: Readonly<Record<string, ValidationMode>> | undefined;
  /** By the name of the event; wins over everything else.  @default {} */
  readonly events?: Readonly<Record<string, ValidationMode>> | undefined;
  /** For events whose name the catalog does not have.  @default as `mode` */
  readonly unplanned?: ValidationMode | undefined;
  /**
   * Whether a field that the definition does not declare is a violation, where the schema leaves it open.
   * @default true
   */
  readonly undeclared?: boolean | undefined;
  /**
   * Whether violations show keys that the definition does not declare, in place of `*`. They may be made of what users type, so
   * this is for tests and development.
   * @default false
   */
  readonly showKeys?: boolean | undefined;
}

export const MODES: readonly unknown[] = ['off', 'report', 'reject'] satisfies ValidationMode[];

export function isValidationMode(value: unknown): value is ValidationMode {
  return MODES.includes(value);
}

/** Which mode holds for which event. */
export class ValidationModes {
  readonly undeclared: boolean;
  readonly showsKeys: boolean;
  private readonly mode: ValidationMode;
  private readonly unplanned: ValidationMode;
  private readonly events: Readonly<Record<string, ValidationMode>>;

  constructor(given: ValidationMode | ValidationOptions = {}, environment = process.env['NODE_ENV']) {
    const {
      mode = 'report',
      environments = {},
      events = {},
      unplanned,
      undeclared = true,
      showKeys = false,
    } = typeof given === 'string' ? { mode: given } : given;
    this.mode = (environment === undefined ? undefined : ownValue(environments, environment)) ?? mode;
    this.unplanned = unplanned ?? this.mode;
    this.events = events;
    this.undeclared = undeclared;
    this.showsKeys = showKeys;
  }

  /** @param defined of the definition; undefined for an event without one */
  of(name: string, defined: { readonly validation: ValidationMode | undefined } | undefined): ValidationMode {
    const named = ownValue(this.events, name);
    if (named !== undefined) return named;
    return defined === undefined ? this.unplanned : (defined.validation ?? this.mode);
  }
}

function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
