import { ForbiddenException } from '@nestjs/common';
import type { ApiError } from './api';

/** Creates the exception of a guard, with the body of every error of the explorer. */
export function denial(message: string, fix: string): ForbiddenException {
  return new ForbiddenException({ statusCode: 403, message, fix } satisfies ApiError);
}
