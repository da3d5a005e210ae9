import type { Way } from '../way';
import { overRedis, overTcp } from './client-proxy';
import { gateway, graphqlQuery, graphqlSubscription, microservice } from './messages';
import { encapsulatedHooks, fastifyHooks } from './fastify-hooks';
import { coalescing, gates } from './gates';
import { nestedStreams, sseWithHeartbeat } from './nested-streams';
import { abort, abortedStreams, leftEarly, pipelinedWrites, pipelining, slowBody } from './platform';
import { boundSubscriber, boundWorker, lostMiddleware, subscriber, worker } from './shared-connections';
import { boundSaga, longPoll, plainSse, saga, scopedSse } from './streams';

/** On every platform. */
export const ways: readonly (() => Way)[] = [
  ...[overTcp, plainSse, scopedSse, longPoll, boundSaga, saga],
  ...[nestedStreams, gates, coalescing, sseWithHeartbeat],
  ...[boundWorker, worker, boundSubscriber, subscriber, lostMiddleware],
  ...[pipelining, pipelinedWrites, abort, abortedStreams, leftEarly, slowBody, gateway, microservice],
];

/** Where its platform is installed. */
export const waysOfExpress: readonly (() => Way)[] = [graphqlSubscription, graphqlQuery];

export const waysOfFastify: readonly (() => Way)[] = [fastifyHooks, encapsulatedHooks];

export const waysOverRedis = (url: string): readonly (() => Way)[] => [() => overRedis(url)];
