import { MAX_TIMER_MS } from '../../common/clock';
import {
  showOption,
  showValue,
  TrackingConfigException,
  type ConfigError,
} from '../../common/tracking-config.exception';

/** Collects configuration errors of the kafka entry point. */
export class Faults {
  private readonly faults: ConfigError[] = [];

  constructor(private readonly path: string) {}

  add(what: string, fix: string): void {
    this.faults.push({ path: this.path, what, fix });
  }

  /**
   * Reports unknown options.
   * @returns the options
   * @throws TrackingConfigException if `options` is not an object
   */
  fields(options: unknown, known: readonly string[], fix: string): Readonly<Record<string, unknown>> {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw TrackingConfigException.create([
        { path: this.path, what: `its options are ${showValue(options)}, not an object.`, fix },
      ]);
    }
    for (const key of Object.keys(options))
      if (!known.includes(key))
        this.add(
          `there is no option ${showOption(key, known)}; known are ${known.join(', ')}.`,
          key === 'keyPrefix' ? "give the whole name of the topic, topic: 'dev-analytics'" : 'leave it out',
        );
    return options as Readonly<Record<string, unknown>>;
  }

  of(
    given: Readonly<Record<string, unknown>>,
    name: string,
    isRight: (value: unknown) => boolean,
    wanted: string,
    fix: string,
  ): void {
    const value = given[name];
    if (value !== undefined && !isRight(value)) this.add(`${name} is ${showValue(value)}, not ${wanted}.`, fix);
  }

  /**
   * Validates the connection options.
   * @param methods names of methods, of which `kafkajs` must have at least one
   */
  connection(given: Readonly<Record<string, unknown>>, methods: readonly string[]): void {
    const { brokers, kafkajs } = given;
    if (brokers === undefined && kafkajs === undefined)
      this.add('it has no brokers.', "brokers: ['localhost:9092'], or kafkajs: new Kafka({ ... })");
    if (brokers !== undefined && kafkajs !== undefined)
      this.add('it has brokers and a kafkajs, which has its own.', 'leave one of them out');
    this.of(given, 'brokers', isBrokers, 'a list of host:port', "brokers: ['localhost:9092']");
    if (
      kafkajs !== undefined &&
      !methods.some((method) => isFunction((kafkajs as Record<string, unknown> | null)?.[method]))
    )
      this.add(`kafkajs is ${showValue(kafkajs)}, not an instance of Kafka.`, 'kafkajs: new Kafka({ brokers: [...] })');
    this.of(given, 'clientId', isText, 'a text', "clientId: 'my-service'");
    this.of(given, 'connectTimeoutMs', isDuration, 'a number of milliseconds from 1 up', 'connectTimeoutMs: 1000');
    if (kafkajs === undefined) return;
    for (const name of ['clientId', 'tls', 'sasl', 'connectTimeoutMs'])
      if (given[name] !== undefined)
        this.add(
          `${name} cannot be combined with kafkajs, which connects by itself.`,
          `set ${name} in new Kafka({ ... })`,
        );
  }

  /**
   * Ends validation.
   * @throws TrackingConfigException listing every collected error, if there is one
   */
  refuse(): void {
    if (this.faults.length > 0) throw TrackingConfigException.create(this.faults);
  }
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

export function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** True for a whole number of milliseconds, from 1 up, that a timer can wait. */
export function isDuration(value: unknown): boolean {
  return isCount(value) && value <= MAX_TIMER_MS;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isBrokers(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((broker) => typeof broker === 'string' && /^[^\s/]+:\d+$/.test(broker))
  );
}
