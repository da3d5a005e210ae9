/**
 * The tables of the sample. It creates them when it starts, so that you need no further command.
 * In your application, put such statements into a migration.
 */
import { integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { MODES } from '../enrollment/enrol.dto';

export const enrolments = pgTable(
  'enrolments',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    course_id: text().notNull(),
    user_id: integer().notNull(),
    mode: text({ enum: MODES }).notNull(),
  },
  (table) => [unique().on(table.course_id, table.user_id)],
);

export const CREATE_ENROLMENTS = `
CREATE TABLE IF NOT EXISTS enrolments (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  course_id text NOT NULL,
  user_id integer NOT NULL,
  mode text NOT NULL,
  UNIQUE (course_id, user_id)
)`;

/** Printed by `npx event-tracking sql --dialect postgres --for outbox`. */
export const CREATE_OUTBOX = `
CREATE TABLE IF NOT EXISTS "tracking_outbox" (
  tracker text NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  format smallint NOT NULL,
  head text NOT NULL,
  event text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz,
  attempts int NOT NULL DEFAULT 0,
  PRIMARY KEY (tracker, position)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)`;
