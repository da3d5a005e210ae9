import { OptionChecker } from '../../../src/common/option-checker';
import { checkConnection, CONNECTION_RULES, duration, kafkaJs } from '../../../src/transports/kafka/connection-rules';

const RULES = { ...CONNECTION_RULES, kafkajs: kafkaJs(['producer', 'send']), timeoutMs: duration() };
const KAFKA = { producer: () => undefined };

function linesOf(options: object): string[] {
  const check = new OptionChecker('kafka()', { example: '' });
  check.read<object>(options, RULES, (given) => {
    checkConnection(given, check);
  });
  return check.errors.map(({ what }) => what);
}

describe('connection-rules', () => {
  it.each<[object]>([
    [{ brokers: ['localhost:9092', 'b:1'], clientId: 'me', tls: {}, sasl: {}, connectTimeoutMs: 1 }],
    [{ kafkajs: KAFKA }],
    [{ kafkajs: { send: () => undefined } }],
    [{ brokers: ['a:1'], timeoutMs: 2 ** 31 - 1 }],
  ])('accept %j', (options) => {
    expect(linesOf(options)).toEqual([]);
  });

  it.each<[object, string]>([
    [{}, 'brokers and kafkajs are missing; expected one of them.'],
    [{ brokers: ['a:1'], kafkajs: KAFKA }, 'brokers is set, but kafkajs has its own.'],
    [{ kafkajs: KAFKA, clientId: 'me' }, 'clientId is set, but kafkajs has its own.'],
    [{ kafkajs: KAFKA, tls: {} }, 'tls is set, but kafkajs has its own.'],
    [{ kafkajs: {} }, 'kafkajs is an object; expected an instance of Kafka.'],
    [{ brokers: 'a:1' }, 'brokers is a string of 3 characters; expected a list of host:port.'],
    [{ brokers: [] }, 'brokers is a list of 0; expected a list of host:port.'],
    [{ brokers: ['kafka://a:1'] }, 'brokers is a list of 1; expected a list of host:port.'],
    [{ brokers: ['a'] }, 'brokers is a list of 1; expected a list of host:port.'],
    [{ brokers: ['a:1'], clientId: '' }, 'clientId is ""; expected a non-empty string.'],
    [
      { brokers: ['a:1'], connectTimeoutMs: 0 },
      'connectTimeoutMs is 0; expected a whole number of milliseconds from 1 to',
    ],
    [{ brokers: ['a:1'], timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648; expected a whole number of milliseconds'],
  ])('refuse %j', (options, line) => {
    expect(linesOf(options)).toEqual([expect.stringContaining(line)]);
  });
});
