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
