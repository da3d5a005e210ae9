import type * as IORedis from 'ioredis';
import { requirePeer } from '../../common/require-peer';
import { trackingLogCodec } from '../bus/avro';

const use = { entry: 'nestjs-event-tracking/redis-streams', peers: ['ioredis', 'avsc'] };

// eslint-disable-next-line @typescript-eslint/no-require-imports -- so that errors name the fix
export const { Redis } = requirePeer('ioredis', use, () => require('ioredis') as typeof IORedis);
export const codec = trackingLogCodec(use);
