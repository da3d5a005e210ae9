/** Reason why a schema cannot be used in a definition. */
export interface SchemaError {
  readonly what: string;
  readonly fix: string;
}

export function isSchemaError(value: object): value is SchemaError {
  return 'what' in value && 'fix' in value;
}
