/**
 * Action for an event that violates its definition: ignore it, report and count it, or reject it.
 */
export type ValidationMode = 'off' | 'report' | 'reject';

export interface ValidationOptions {
  /** Mode for all events.  @default 'report' */
  readonly mode?: ValidationMode | undefined;
  /**
   * Mode by NODE_ENV, instead of `mode`: `{ production: 'report', test: 'reject' }`.
   * @default {}
   */
  readonly environments?: Readonly<Record<string, ValidationMode>> | undefined;
  /** Mode by event name. Overrides every other setting.  @default {} */
  readonly events?: Readonly<Record<string, ValidationMode>> | undefined;
  /** Mode for events whose name is not in the catalog.  @default as `mode` */
  readonly unplanned?: ValidationMode | undefined;
  /**
   * If true, an undeclared field is a violation where the schema leaves it open.
   * @default true
   */
  readonly undeclared?: boolean | undefined;
  /**
   * If true, violations show undeclared keys instead of `*`. Such keys may contain user input, so
   * use this only in tests and development.
   * @default false
   */
  readonly showKeys?: boolean | undefined;
}

export const MODES: readonly unknown[] = ['off', 'report', 'reject'] satisfies ValidationMode[];

export function isValidationMode(value: unknown): value is ValidationMode {
  return MODES.includes(value);
}

/** Determines the validation mode of each event. */
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

  /** @param defined mode of the definition; undefined for an event without a definition */
  of(name: string, defined: { readonly validation: ValidationMode | undefined } | undefined): ValidationMode {
    const named = ownValue(this.events, name);
    if (named !== undefined) return named;
    return defined === undefined ? this.unplanned : (defined.validation ?? this.mode);
  }
}

function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
