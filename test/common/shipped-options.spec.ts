import { AsyncRoutingBackend } from '../../src/queues/async-routing.backend';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { LoggerBackend } from '../../src/backends/logger/logger.backend';
import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { MongoBackend } from '../../src/backends/mongo/mongo.backend';
import { CaliperBackend } from '../../src/caliper/caliper.backend';
import { SegmentBackend } from '../../src/backends/segment/segment.backend';
import { OptionPlace } from '../../src/common/option-place';
import { TrackingConfigException, type ConfigError } from '../../src/common/tracking-config.exception';
import { checkRequestContext } from '../../src/context/request-options';
import { deliveryErrors } from '../../src/delivery/check-delivery-options';
import { asyncOptionErrors, optionNameErrors } from '../../src/module/module-options';
import { runtimeValueErrors } from '../../src/module/runtime-option-rules';
import { AddContext } from '../../src/processors/add-context';
import { Dedupe } from '../../src/processors/dedupe';
import { DropFields } from '../../src/processors/drop-fields';
import { Enrich } from '../../src/processors/enrich';
import { NameAllowlist } from '../../src/processors/name-allowlist';
import { RateLimit } from '../../src/processors/rate-limit';
import { Redact } from '../../src/processors/redact';
import { RegexFilter } from '../../src/processors/regex-filter';
import { RenameEvent } from '../../src/processors/rename-event';
import { Sample } from '../../src/processors/sample';
import { XapiBackend } from '../../src/xapi/xapi.backend';
import { bullQueue } from '../../src/transports/bull/bull-queue';
import { EventBusBackend } from '../../src/transports/bus/event-bus.backend';
import { confluentRegistry } from '../../src/transports/kafka/confluent-registry';
import { kafka } from '../../src/transports/kafka/kafka';
import { KafkaConsumer } from '../../src/transports/kafka/kafka-consumer';
import { redisStreams } from '../../src/transports/redis-streams/redis-streams';
import { RedisStreamsConsumer } from '../../src/transports/redis-streams/redis-streams.consumer';

function thrown(make: () => unknown): readonly ConfigError[] {
  try {
    make();
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.errors;
    throw error;
  }
  return [];
}

function requestContextErrors(options: object): readonly ConfigError[] {
  const errors: ConfigError[] = [];
  checkRequestContext(options, OptionPlace.inPath(errors, 'requestContext', ''));
  return errors;
}

type Class = new (options: never) => unknown;
const CLASSES: readonly Class[] = [
  ...[AsyncRoutingBackend, EventBusBackend, HttpBackend, LoggerBackend, MemoryBackend, MongoBackend, SegmentBackend],
  ...[XapiBackend, CaliperBackend],
  ...[AddContext, Dedupe, DropFields, Enrich, NameAllowlist, RateLimit, Redact, RegexFilter, RenameEvent, Sample],
  ...[KafkaConsumer, RedisStreamsConsumer],
];
type ErrorsOf = (options: object) => readonly ConfigError[];
const PARTS: readonly (readonly [string, ErrorsOf])[] = [
  ...CLASSES.map((shipped): [string, ErrorsOf] => [
    shipped.name,
    (options) => thrown(() => new shipped(options as never)),
  ]),
  ['kafka()', (options) => thrown(() => kafka(options))],
  ['redisStreams()', (options) => thrown(() => redisStreams(options))],
  ['bullQueue()', (options) => thrown(() => bullQueue('tracking', options))],
  ['confluentRegistry()', (options) => thrown(() => confluentRegistry(options as never))],
  ['delivery', (options) => deliveryErrors('delivery', options)],
  ['delivery.batch', (batch) => deliveryErrors('delivery', { batch })],
  ['delivery.retry', (retry) => deliveryErrors('delivery', { retry })],
  ['limits', (limits) => runtimeValueErrors({ limits })],
  ['requestContext', requestContextErrors],
  ['requestContext.hash', (hash) => requestContextErrors({ hash })],
  ['forRoot', (options) => optionNameErrors(options, 'forRoot')],
  ['useFactory', (options) => optionNameErrors(options, 'useFactory')],
  ['forRootAsync', (options) => asyncOptionErrors(options)],
];

describe('Options of the shipped parts', () => {
  it.each(PARTS)('of %s report an unknown one in the same words, with a fix', (_name, errorsOf) => {
    const unknown = errorsOf({ nope: 1 }).filter(({ what }) => what.startsWith('unknown option'));
    expect(unknown).toEqual([
      {
        path: expect.any(String) as string,
        what: expect.stringMatching(/^unknown option "nope"; known options: \w+(, \w+)*\.$/) as string,
        fix: expect.stringMatching(/\S/) as string,
      },
    ]);
  });

  it.each(PARTS)('of %s report something that is not an object in the same words', (_name, errorsOf) => {
    const [error] = errorsOf(7 as never);
    expect(error?.what).toMatch(/\b(are|is|returned) 7; expected an object( of options| or false)?\.$/);
  });
});
