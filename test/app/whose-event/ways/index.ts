import type { Way } from '../way';
import { overRedis, overTcp } from './client-proxy';
import { gateway, graphqlSubscription } from './messages';
import { coalescing, gates, nestedStreams, sseWithHeartbeat } from './nested-streams';
import { abort, abortedStreams, pipelinedWrites, pipelining, slowBody } from './platform';
import { boundSubscriber, boundWorker, lostMiddleware, subscriber, worker } from './shared-connections';
import { boundSaga, longPoll, plainSse, saga, scopedSse } from './streams';

/** On every platform. */
export const ways: readonly (() => Way)[] = [
  ...[overTcp, plainSse, scopedSse, longPoll, boundSaga, saga],
  ...[nestedStreams, gates, coalescing, sseWithHeartbeat],
  ...[boundWorker, worker, boundSubscriber, subscriber, lostMiddleware],
  ...[pipelining, pipelinedWrites, abort, abortedStreams, slowBody, gateway],
];

/** Where its platform is installed. */
export const waysOfExpress: readonly (() => Way)[] = [graphqlSubscription];

export const waysOverRedis = (url: string): readonly (() => Way)[] => [() => overRedis(url)];
