/** Placeholders for values that differ in every run, such as `[id]` for an id. */
const HIDDEN_OF_EVENT = ['id', 'timestamp'] as const;
const HIDDEN_OF_CONTEXT = ['request_id', 'ip', 'host'] as const;

/** Snapshot serializer as accepted by Jest and Vitest. */
export interface TrackingSerializer {
  test(value: unknown): boolean;
  serialize<Config>(
    value: unknown,
    config: Config,
    indentation: string,
    depth: number,
    references: unknown[],
    print: (value: unknown, config: Config, indentation: string, depth: number, references: unknown[]) => string,
  ): string;
}

export interface TrackingSerializerOptions {
  /** Additional context fields to hide, such as `session`.  @default [] */
  readonly context?: readonly string[] | undefined;
  /** Data fields to hide, such as `duration_ms`.  @default [] */
  readonly data?: readonly string[] | undefined;
}

/** Creates a serializer like `trackingSerializer` that hides additional fields. */
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
 * Snapshot serializer for `expect.addSnapshotSerializer`. It hides the id and the timestamp of
 * events, and request_id, ip and host of their context. It recognizes events by their shape, so
 * parsed log lines are supported too.
 */
export const trackingSerializer: TrackingSerializer = createTrackingSerializer();

type Fields = Record<string, unknown>;

function isEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, timestamp, context, data } = value as Fields;
  return typeof name === 'string' && isTime(timestamp) && typeof context === 'object' && data !== undefined;
}

/** Returns false for placeholders: hiding them again would recurse forever. */
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
