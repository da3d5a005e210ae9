import type * as NestBull from '@nestjs/bull';
import { requirePeer } from '../../common/require-peer';

const use = { entry: 'nestjs-event-tracking/bull', peers: ['bull', '@nestjs/bull'] };

/* eslint-disable @typescript-eslint/no-require-imports -- so that errors name the fix */
requirePeer('bull', use, () => require('bull') as unknown);
export const { getQueueToken } = requirePeer('@nestjs/bull', use, () => require('@nestjs/bull') as typeof NestBull);
