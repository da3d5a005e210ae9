/**
 * In place of a login: the header `x-demo-user` names one of three users. What matters to tracking is only that some guard puts
 * `{ id, username }` on `request.user`, as Passport does too. Guards run after the middleware that opens the request's context,
 * so the tracker looks the user up when an event is emitted; every event of the request then carries user_id and username.
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

type DemoRequest = Request & { user?: DemoUser };

@Injectable()
export class DemoUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<DemoRequest>();
    const username = request.headers['x-demo-user'];
    if (username === undefined) return true;
    const user = USERS.find((known) => known.username === username);
    if (!user) throw new UnauthorizedException(`x-demo-user can be ${USERNAMES.join(', ')}`);
    request.user = user;
    return true;
  }
}

/** The user of the request, as an argument of the handler; without one the answer is 401 and the handler does not run. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): DemoUser => {
  const { user } = context.switchToHttp().getRequest<DemoRequest>();
  if (user) return user;
  throw new UnauthorizedException(`say who you are: -H 'x-demo-user: learner'`);
});
