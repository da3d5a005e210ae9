/** What this package asks of a schema registry. */

/** Gives ids for schemas; all that a producer needs. */
export interface SchemaIds {
  /**
   * Resolves with the id under which the schema is registered for the subject, registering it if need be. Asked again with the
   * next batch if it rejects.
   * @param schema JSON text of an Avro schema
   */
  idFor(subject: string, schema: string): Promise<number>;
}

/** Gives schemas for ids; all that a consumer needs. */
export interface SchemasById {
  /**
   * Resolves with the JSON text of the Avro schema with this id, or with undefined if there is none. Asked again if it rejects.
   */
  schemaOf(id: number): Promise<string | undefined>;
}

export interface SchemaRegistry extends SchemaIds, SchemasById {}
