/** Parts of a schema registry that this package uses. */

/** Returns ids for schemas. A producer needs only this. */
export interface SchemaIds {
  /**
   * Resolves with the id under which the schema is registered for the subject, and registers it
   * first if necessary. If it rejects, the next batch asks again.
   * @param schema Avro schema as a JSON string
   */
  idFor(subject: string, schema: string): Promise<number>;
}

/** Returns schemas for ids. A consumer needs only this. */
export interface SchemasById {
  /**
   * Resolves with the Avro schema of this id as a JSON string, or with undefined if there is none.
   * It is asked again if it rejects.
   */
  schemaOf(id: number): Promise<string | undefined>;
}

export interface SchemaRegistry extends SchemaIds, SchemasById {}
