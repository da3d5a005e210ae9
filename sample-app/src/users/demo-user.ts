/**
 * Replaces a login: the header `x-demo-user` names one of three users. The guard sets
 * `request.user` to `{ id, username }`, as Passport does. The tracker reads `request.user` when an
 * event is emitted, so every event of the request has user_id and username in its context.
 */
import {
  createParamDecorator,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';

export interface DemoUser {
  readonly id: number;
  readonly username: string;
}

const USERS: readonly DemoUser[] = [
  { id: 101, username: 'learner' },
  { id: 102, username: 'auditor' },
  { id: 900, username: 'staff' },
];

export const USERNAMES = USERS.map(({ username }) => username);

export type DemoRequest = Request & { user?: DemoUser };

@Injectable()
export class DemoUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<DemoRequest>();
    const username = request.headers['x-demo-user'];
    if (username === undefined) return true;
    const user = USERS.find((known) => known.username === username);
    if (!user)
      throw new UnauthorizedException(
        `The header x-demo-user names no known user. Use one of: ${USERNAMES.join(', ')}.`,
      );
    request.user = user;
    return true;
  }
}

/** Passes the user of the request to the handler. Without a user, the response is 401. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): DemoUser => {
  const { user } = context.switchToHttp().getRequest<DemoRequest>();
  if (user) return user;
  throw new UnauthorizedException('This route needs a user. Send a header, for example x-demo-user: learner.');
});
