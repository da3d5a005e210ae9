// @ts-check
// A database of its own in the MongoDB of MONGO_URL or of `npm run services`, gone at the end.
import { createRequire } from 'node:module';
import { readState } from '../services/cache.mjs';

export async function openMongo() {
  const require = createRequire(import.meta.url);
  const { MongoClient } = require('mongodb');
  const base = mongoUrl();
  const client = await new MongoClient(base, { serverSelectionTimeoutMS: 5000 }).connect();
  const name = `chaos_${process.pid}_${Date.now()}`;
  return {
    url: `${base.replace(/\/+$/, '')}/${name}`,
    arrived: async () => {
      const keys = await client.db(name).collection('events').find().project({ 'data.key': 1 }).toArray();
      return new Set(keys.map(({ data }) => data.key));
    },
    sentAgain: () => 0, // the emitter counts the server's duplicate-key replies
    close: async () => {
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}

function mongoUrl() {
  const url = process.env.MONGO_URL || readState().mongo?.url;
  if (url) return url;
  console.error('chaos: there is no MongoDB. Fix: npm run services, or MONGO_URL=mongodb://… npm run chaos.');
  return process.exit(2);
}
