import type * as NestMongoose from '@nestjs/mongoose';
import type * as Mongoose from 'mongoose';
import { requirePeer } from '../../common/require-peer';

const use = { entry: 'nestjs-event-tracking/mongoose', peers: ['mongoose', '@nestjs/mongoose'] };

/* eslint-disable @typescript-eslint/no-require-imports -- a failed import cannot name the fix */
export const { ConnectionStates, mongo } = requirePeer('mongoose', use, () => require('mongoose') as typeof Mongoose);
export const { getConnectionToken, MongooseModule } = requirePeer(
  '@nestjs/mongoose',
  use,
  () => require('@nestjs/mongoose') as typeof NestMongoose,
);
