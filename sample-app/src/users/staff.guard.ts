import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { DemoRequest } from './demo-user';

/** Allows only the user `staff`. It runs after DemoUserGuard, which is global and sets the user. */
@Injectable()
export class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<DemoRequest>();
    if (user?.username === 'staff') return true;
    throw new ForbiddenException('Only staff can open the explorer. Send the header x-demo-user: staff.');
  }
}
