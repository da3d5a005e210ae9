import { Controller, Get, type INestApplication } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TrackerService } from '../../../../src/entries';
import { until } from '../../../support/until';
import { inTurns, USERS, type Way } from '../way';
import { EchoClient } from './shared-connections';

/** Hooks that get the payload before `done`, or nothing but the reply. */
const HOOKS = ['preHandler', 'preSerialization', 'onSend', 'onResponse'] as const;

type Done = (error?: Error | null, payload?: unknown) => void;
type PayloadDone = (error: Error | null, payload: unknown) => void;
type Emit = (request: FastifyRequest) => void;

/**
 * In front of each hook that emits stands one that goes on in the callback of a shared connection.
 */
function addHooks(instance: FastifyInstance, client: EchoClient, emit: Emit): void {
  const register = instance.addHook.bind(instance) as (name: string, hook: unknown) => void;
  for (const name of HOOKS) {
    const hasPayload = name === 'onSend' || name === 'preSerialization';
    if (hasPayload) {
      register(name, (_request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Done) => {
        client.ask(() => {
          done(null, payload);
        });
      });
      register(name, async (request: FastifyRequest, _reply: FastifyReply, payload: unknown) => {
        emit(request);
        return Promise.resolve(payload);
      });
    } else {
      register(name, (_request: FastifyRequest, _reply: FastifyReply, done: Done) => {
        client.ask(done);
      });
      register(name, (request: FastifyRequest, _reply: FastifyReply, done: Done) => {
        emit(request);
        done();
      });
    }
  }
}

function hooksWay(
  name: string,
  path: string,
  title: string,
  mount: (app: FastifyInstance, client: EchoClient, emit: Emit) => void,
): Way {
  const event = `${name}.hooked`;
  const client = new EchoClient();
  let tracker: TrackerService | undefined;

  @Controller(name)
  class HookedController {
    @Get()
    find(): object {
      return {};
    }
  }

  return {
    title,
    event,
    count: HOOKS.length * USERS.length,
    isOwn: true,
    controllers: [HookedController],
    open: () => client.open(),
    prepare: (app: INestApplication) => {
      mount(app.getHttpAdapter().getInstance() as FastifyInstance, client, (request) => {
        const who = Number(request.headers['x-user']);
        (request as { user?: object }).user ??= { id: who };
        tracker?.emit(event, { who });
      });
    },
    act: async (drive) => {
      ({ tracker } = drive);
      const counted = drive.tracker.ledger.tracker();
      await inTurns((user) => drive.as(user, path));
      await until(() => drive.tracker.ledger.tracker().emitted === counted.emitted + HOOKS.length * USERS.length);
    },
    close: () => {
      client.close();
    },
  };
}

export const fastifyHooks = (): Way =>
  hooksWay('hooks', '/hooks', 'hooks that go on in a callback of a shared connection', addHooks);

/** Those of a plugin, and of one of its routes, which Nest does not know. */
export const encapsulatedHooks = (): Way =>
  hooksWay('plugin', '/plugin/route', 'hooks of a plugin and its routes', (app, client, emit) => {
    void app.register((plugin, _options, done) => {
      addHooks(plugin, client, () => undefined);
      const route = {
        preHandler: [
          (_request: FastifyRequest, _reply: FastifyReply, next: () => void) => {
            client.ask(next);
          },
          (request: FastifyRequest, _reply: FastifyReply, next: () => void) => {
            emit(request);
            next();
          },
        ],
        onSend: (request: FastifyRequest, _reply: FastifyReply, payload: unknown, next: PayloadDone) => {
          emit(request);
          next(null, payload);
        },
        onResponse: (request: FastifyRequest, _reply: FastifyReply, next: () => void) => {
          emit(request);
          next();
        },
      };
      plugin.get('/plugin/route', route, (request, reply) => {
        emit(request);
        client.ask(() => void reply.send({}));
      });
      done();
    });
  });
