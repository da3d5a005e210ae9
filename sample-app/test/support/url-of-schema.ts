import type { OwnSchema } from '../../../test/backends/postgres/support';

/** Creates the schema. Returns a URL of PostgreSQL whose connections have their tables in it. */
export async function urlOfSchema(schema: OwnSchema, postgres: string): Promise<string> {
  await schema.query(`CREATE SCHEMA ${schema.name}`);
  const url = new URL(postgres);
  url.searchParams.set('options', `-c search_path=${schema.name}`);
  return url.href;
}
