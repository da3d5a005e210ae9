// @ts-check
// A schema of its own in the PostgreSQL of POSTGRES_URL or of `npm run services`, gone at the end.
import { createRequire } from 'node:module';
import { readState } from '../services/cache.mjs';

export async function openPostgres() {
  const require = createRequire(import.meta.url);
  const { Pool } = require('pg');
  const url = postgresUrl();
  const pool = new Pool({ connectionString: url, max: 1 });
  const schema = `chaos_${process.pid}_${Date.now()}`;
  return {
    url,
    schema,
    arrived: async () => {
      const { rows } = await pool.query(`SELECT data->>'key' AS key FROM ${schema}.tracking_events`);
      return new Set(rows.map(({ key }) => key));
    },
    sentAgain: () => 0, // the emitter counts the events that were there
    close: async () => {
      await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await pool.end();
    },
  };
}

function postgresUrl() {
  const url = process.env.POSTGRES_URL || readState().postgres?.url;
  if (url) return url;
  console.error('chaos: there is no PostgreSQL. Fix: npm run services, or POSTGRES_URL=postgres://… npm run chaos.');
  return process.exit(2);
}
