import { MAX_TIMER_MS } from '../../common/clock';
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionRule, OptionRules } from '../../common/option-place';
import { anything, number, text, value, type RuleNotes } from '../../common/option-rules';
import { hasMethod } from '../../common/value-kinds';
import type { KafkaConnection } from './kafka-connection';

/** Rule for a time that a timer can wait. */
export function duration(notes?: RuleNotes, min = 1): OptionRule {
  return number({ min, max: MAX_TIMER_MS, isWhole: true, unit: 'milliseconds' }, notes);
}

/** Rules for the options that say how to reach the brokers. */
export const CONNECTION_RULES: OptionRules<KafkaConnection> = {
  brokers: value('a list of host:port', isBrokers, { fix: "brokers: ['localhost:9092']" }),
  clientId: text({ fix: "clientId: 'my-service'" }),
  tls: anything(),
  sasl: anything(),
  connectTimeoutMs: duration({ fix: 'connectTimeoutMs: 1000' }),
};

/** @param methods names of methods, of which the instance must have at least one */
export function kafkaJs(methods: readonly string[]): OptionRule {
  return value('an instance of Kafka', (given) => methods.some((method) => hasMethod(given, method)), {
    fix: 'kafkajs: new Kafka({ brokers: [...] })',
  });
}

/** Adds errors if there is not exactly one way to reach the brokers. */
export function checkConnection(
  given: GivenOptions<KafkaConnection> & { readonly kafkajs?: unknown },
  check: OptionChecker,
): void {
  const { brokers, kafkajs } = given;
  if (brokers === undefined && kafkajs === undefined)
    check.add(
      'brokers and kafkajs are missing; expected one of them.',
      "brokers: ['localhost:9092'], or kafkajs: new Kafka({ ... })",
    );
  if (kafkajs === undefined) return;
  if (brokers !== undefined) check.add('brokers is set, but kafkajs has its own.', 'leave one of them out');
  for (const name of ['clientId', 'tls', 'sasl', 'connectTimeoutMs'] as const) {
    if (given[name] !== undefined)
      check.add(`${name} is set, but kafkajs has its own.`, `set ${name} in new Kafka({ ... })`);
  }
}

function isBrokers(given: unknown): boolean {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((broker) => typeof broker === 'string' && /^[^\s/]+:\d+$/.test(broker))
  );
}
