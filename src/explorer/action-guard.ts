import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { denial } from './denial';

/** Header that requests with an effect must have. A form of another site cannot set it. */
export const ACTION_HEADER = 'x-tracking-explorer';

/**
 * Refuses requests with an effect that another site may have sent with the cookies of the user:
 * those without the header of the page, and those whose Origin is another host.
 */
@Injectable()
export class ActionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (headers[ACTION_HEADER] !== '1')
      throw denial(`The header ${ACTION_HEADER} is missing.`, `Send "${ACTION_HEADER}: 1".`);
    const fetchSite = headers['sec-fetch-site'];
    if (fetchSite !== undefined) {
      if (fetchSite === 'same-origin' || fetchSite === 'none') return true;
      throw denial('The request comes from another site.', 'Open the explorer under its own address.');
    }
    const { origin } = headers;
    if (origin === undefined || hostOf(origin) === hostOf(`http://${headers.host ?? ''}`)) return true;
    throw denial('The request comes from another origin.', 'Open the explorer under its own address.');
  }
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}
