/** Body of every error. */
export interface ApiError {
  readonly statusCode: number;
  /** What is wrong. */
  readonly message: string;
  readonly fix: string;
}
