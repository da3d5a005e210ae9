/** `GET api/violations` returns an array, most frequent first. */
export interface ViolationRow {
  readonly event: string;
  readonly path: string;
  readonly kind: string;
  readonly message: string;
  readonly location: string;
  readonly mode: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Redacted value that violated the schema, if it is still known. */
  readonly example?: unknown;
  /** Change of the schema that would accept the value, in words and as JSON Schema. */
  readonly suggestion?: { readonly text: string; readonly schema: unknown };
}
