import type { HttpAdapterHost } from '@nestjs/core';
import type { ExplorerPageController } from './explorer-page.controller';

interface FastifyConfig {
  readonly ignoreTrailingSlash?: boolean;
  readonly routerOptions?: { readonly ignoreTrailingSlash?: boolean };
}

/**
 * Removes the route of the page with a slash at the end where the router does not tell it from the
 * one without: Fastify with `ignoreTrailingSlash` refuses a path that is declared twice.
 * @param routes class of the controller, which belongs to one module
 */
export function joinPageRoutes(routes: { readonly prototype: ExplorerPageController }, host: HttpAdapterHost): void {
  const { httpAdapter } = host as { readonly httpAdapter?: HttpAdapterHost['httpAdapter'] };
  if (httpAdapter?.getType() !== 'fastify') return;
  const { initialConfig = {} } = httpAdapter.getInstance<{ readonly initialConfig?: FastifyConfig }>();
  const ignores = initialConfig.routerOptions?.ignoreTrailingSlash ?? initialConfig.ignoreTrailingSlash;
  // A method without the metadata of a route is none.
  if (ignores === true) Object.defineProperty(routes.prototype, 'pageBelow', { value: () => undefined });
}
