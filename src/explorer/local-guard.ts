import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { denial } from './denial';

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Allows only requests of this machine. It guards an explorer without guards.
 *
 * The address of the connection alone does not prove it: a proxy on this machine connects from here
 * too, and a page of any site can have a name that leads here. So a request with a header of a
 * proxy, or for another host than this machine, is refused.
 */
@Injectable()
export class LocalGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingMessage & { readonly raw?: IncomingMessage }>();
    const { headers, socket } = request.raw ?? request;
    const isProxied = FORWARDED.some((name) => headers[name] !== undefined);
    if (!isProxied && isLoopback(socket.remoteAddress ?? '') && isLocalName(headers.host ?? '')) return true;
    throw denial(
      'The explorer has no guards, so it answers only requests from this machine.',
      'TrackingExplorerModule.forRoot({ guards: [AdminGuard] })',
    );
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** @param host value of the Host header, with or without a port */
function isLocalName(host: string): boolean {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || (isIP(name) !== 0 && isLoopback(name));
}
