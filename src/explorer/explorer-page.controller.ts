import type { IncomingMessage } from 'node:http';
import { Get, Inject, Param, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Assets } from './assets';
import { Explorer } from './explorer';
import { failure, type Reply } from './explorer-reply';
import { ExplorerRoutes } from './explorer-routes';

interface PageRequest extends IncomingMessage {
  readonly originalUrl?: string;
}

/** The page and its files. */
export class ExplorerPageController extends ExplorerRoutes {
  constructor(
    @Inject(Explorer) explorer: Explorer,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(Assets) private readonly assets: Assets,
  ) {
    super(explorer, host);
  }

  @Get()
  page(@Req() request: PageRequest, @Res() response: unknown): void {
    const [path = ''] = (request.originalUrl ?? request.url ?? '').split('?');
    this.answer(response, path.endsWith('/') ? this.fromBuild((assets) => assets.page()) : redirectBelow(path));
  }

  /** The same with a slash at the end, which Nest removes from a path once. */
  @Get('//')
  pageBelow(@Req() request: PageRequest, @Res() response: unknown): void {
    this.page(request, response);
  }

  @Get('assets/:file')
  asset(@Param('file') file: string, @Req() { headers }: IncomingMessage, @Res() response: unknown): void {
    const [encoding = '', ifNoneMatch = ''] = [headers['accept-encoding'], headers['if-none-match']].map(String);
    const reply = this.fromBuild((assets) => assets.reply(file, { acceptEncoding: encoding, ifNoneMatch }));
    this.answer(response, reply);
  }

  private fromBuild(read: (assets: Assets) => Reply): Reply {
    try {
      return read(this.assets);
    } catch {
      return failure(
        500,
        'The files of the page cannot be read.',
        'Install nestjs-event-tracking again. If a bundler packs the application, keep nestjs-event-tracking external.',
      );
    }
  }
}

/**
 * The addresses in the page are relative to a folder. So is this one: a proxy may have added or
 * removed a part of the path.
 */
function redirectBelow(path: string): Reply {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return { status: 302, headers: { Location: `${last}/`, 'Cache-Control': 'no-store' }, body: '' };
}
