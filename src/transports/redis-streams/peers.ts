import type * as IORedis from 'ioredis';
import { requirePeer } from '../../common/require-peer';
import { trackingLogCodec } from '../bus/avro';

const use = { entry: 'nestjs-event-tracking/redis-streams', peers: ['ioredis', 'avsc'] };

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it
export const { Redis } = requirePeer('ioredis', use, () => require('ioredis') as typeof IORedis);
export const codec = trackingLogCodec(use);
