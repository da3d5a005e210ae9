/** Subset of the Ajv API in use. The application's Ajv instance may define formats and keywords. */
export interface SchemaCompiler {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Ajv's own types differ by the class for each draft
  compile(schema: any): any;
}
