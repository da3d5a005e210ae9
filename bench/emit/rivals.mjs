// What else one could call for an event. Each gives `emit`, which does so once, and where that goes
// to a file, what waits until all is written (`finish`), reads a line, and expects in it (`read`,
// `expected`).
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { ASIDE, without } from './lines.mjs';

const require = createRequire(import.meta.url);
const NAME = 'problem_check';

/**
 * pino as its documentation sets it up for speed, without the process and host, which an event of
 * ours lacks too.
 */
function pinoTo(path) {
  const pino = require('pino');
  const file = pino.destination({ dest: path, sync: false, minLength: 16_000 });
  const finish = async () => {
    file.end();
    await once(file, 'close');
  };
  return { root: pino({ base: undefined }, file), file, finish };
}

export function rivals({ event, scopes, data, path }) {
  const [request, course, module] = scopes;
  return {
    stringify: () => ({ emit: () => JSON.stringify(event) }),
    klona: () => {
      const { klona } = require('klona/json');
      return { emit: () => JSON.stringify(klona(event)) };
    },
    pino: () => {
      const { root, finish } = pinoTo(path);
      return {
        emit: () => root.info(event),
        finish,
        read: without('level', 'time', 'timestamp'),
        expected: without('timestamp'),
      };
    },
    'pino-children': () => {
      const { root, finish } = pinoTo(path);
      const emit = () => root.child(request).child(course).child(module).info(data, NAME);
      return { emit, finish, ...ASIDE };
    },
    'pino-child': () => {
      const { root, finish } = pinoTo(path);
      return { emit: () => root.child({ ...request, ...course, ...module }).info(data, NAME), finish, ...ASIDE };
    },
    'nestjs-pino': () => nestjsPino({ scopes, data, path }),
    otel: () => openTelemetry({ scopes, data, path }),
  };
}

function openTelemetry({ scopes: [request, course, module], data, path }) {
  const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
  const { file, finish } = pinoTo(path);
  // Its default of 2,048 records drops those of a burst.
  const processor = new BatchLogRecordProcessor({ exporter: lineExporter(file), maxQueueSize: 100_000 });
  const provider = new LoggerProvider({ processors: [processor] });
  const logger = provider.getLogger('bench');
  return {
    emit: () => logger.emit({ eventName: NAME, body: data, attributes: { ...request, ...course, ...module } }),
    finish: () => provider.shutdown().then(finish),
    read: without('time'),
    expected: without('timestamp'),
  };
}

/** As little as an exporter can do that writes what a line of ours has. */
function lineExporter(file) {
  return {
    export(records, done) {
      for (const { eventName, hrTime, attributes, body } of records)
        file.write(`${JSON.stringify({ name: eventName, time: hrTime, context: attributes, data: body })}\n`);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
}

async function nestjsPino({ scopes: [request, course, module], data, path }) {
  const { NestFactory } = require('@nestjs/core');
  const { Module } = require('@nestjs/common');
  const { LoggerModule, PinoLogger } = require('nestjs-pino');
  const { file, finish } = pinoTo(path);
  class AppModule {}
  Module({ imports: [LoggerModule.forRoot({ pinoHttp: [{ base: undefined }, file] })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const logger = await app.resolve(PinoLogger);
  const inRequest = () => {
    logger.assign(course);
    logger.assign(module);
    logger.info(data, NAME);
  };
  return {
    emit: () => logger.runInContext(inRequest, { bindings: request }),
    finish: () => app.close().then(finish),
    ...ASIDE,
  };
}
