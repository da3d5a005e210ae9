/** What a snapshot must not hold, since it is another in every run: it shows `[id]` in the place of an id. */
const HIDDEN_OF_EVENT = ['id', 'timestamp'] as const;
const HIDDEN_OF_CONTEXT = ['request_id', 'ip', 'host'] as const;

type Printer<Config> = (
  value: unknown,
  config: Config,
  indentation: string,
  depth: number,
  references: unknown[],
) => string;

/** A snapshot serializer, as Jest and Vitest take it. */
export interface TrackingSerializer {
  test(value: unknown): boolean;
  serialize<Config>(
    value: unknown,
    config: Config,
    indentation: string,
    depth: number,
    references: unknown[],
    print: Printer<Config>,
  ): string;
}

export interface TrackingSerializerOptions {
  /** Further fields of the context to hide, such as `session`.  @default [] */
  readonly context?: readonly string[] | undefined;
  /** Fields of the data to hide, such as `duration_ms`.  @default [] */
  readonly data?: readonly string[] | undefined;
}

/** As `trackingSerializer`, hiding more. */
export function createTrackingSerializer({
  context = [],
  data = [],
}: TrackingSerializerOptions = {}): TrackingSerializer {
  const hide = (event: Fields): Fields => ({
    ...event,
    ...placeholders(event, HIDDEN_OF_EVENT),
    context: hideIn(event['context'], [...HIDDEN_OF_CONTEXT, ...context]),
    data: hideIn(event['data'], data),
  });
  return {
    test: isEvent,
    serialize: (value, config, indentation, depth, references, print) =>
      print(hide(value as Fields), config, indentation, depth, references),
  };
}

/**
 * For `expect.addSnapshotSerializer`: in events it hides the id and the timestamp, and of the context request_id, ip and host. It
 * knows an event by its form, parsed from a line of the log too.
 */
export const trackingSerializer: TrackingSerializer = createTrackingSerializer();

type Fields = Record<string, unknown>;

function isEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, timestamp, context, data } = value as Fields;
  return typeof name === 'string' && isTime(timestamp) && typeof context === 'object' && data !== undefined;
}

/** Never the placeholder: what was hidden would be hidden again without end. */
function isTime(value: unknown): boolean {
  return value instanceof Date || (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value));
}

function hideIn(fields: unknown, names: readonly string[]): unknown {
  const hasFields = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
  return hasFields ? { ...fields, ...placeholders(fields as Fields, names) } : fields;
}

function placeholders(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, `[${name}]`]));
}
