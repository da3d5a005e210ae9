/** One thing that is wrong in the configuration: where, what, and the line that mends it. */
export interface ConfigFault {
  /** The node as it stands in the configuration: `backends.caliper.processors[0] (RegexFilter)`. */
  readonly path: string;
  readonly what: string;
  readonly mend: string;
  readonly cause?: unknown;
}

/** Everything wrong in the configuration, at once. Thrown at start, and by constructors of shipped classes for their options. */
export class TrackingConfigException extends Error {
  override readonly name = 'TrackingConfigException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly faults: readonly ConfigFault[],
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  static create(faults: readonly ConfigFault[]): TrackingConfigException {
    const count = faults.length === 1 ? '1 fault' : `${String(faults.length)} faults`;
    const lines = faults.map(({ path, what, mend }, at) => `  ${String(at + 1)}. ${path}: ${what}\n     Mend: ${mend}`);
    const cause = faults.find((fault) => fault.cause !== undefined)?.cause;
    const message = `the tracking configuration has ${count}.\n${lines.join('\n')}`;
    return new TrackingConfigException(message, faults, cause === undefined ? {} : { cause });
  }
}

/** How a value of the configuration is shown in a fault: its kind and a short form, never a whole object, which may hold secrets. */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'undefined':
      return String(value);
    case 'function':
      return showFunction(value);
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : showObject(value);
  }
}

function showFunction(value: { readonly name: string }): string {
  try {
    return `the function ${value.name === '' ? '(anonymous)' : value.name}`;
  } catch {
    return 'a function that cannot be read';
  }
}

function showObject(value: object): string {
  try {
    if (Array.isArray(value)) return `a list of ${String(value.length)}`;
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === 'string' && name !== 'Object' ? `an object of the class ${name}` : 'an object';
  } catch {
    return 'an object that cannot be read'; // a revoked proxy
  }
}
