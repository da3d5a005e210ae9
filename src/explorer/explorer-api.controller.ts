import type { IncomingMessage } from 'node:http';
import { Get, Param, Query as QueryOf, Req, Res } from '@nestjs/common';
import { catalogState } from './catalog-state';
import { beginStream, failure, json, rawResponse } from './explorer-reply';
import { EventFilter } from './event-filter';
import { ExplorerRoutes, limitOf, textOf, type Query } from './explorer-routes';
import { openApiDocument } from './open-api';
import { otherEventReply } from './shared/other-event-reply';
import { violationRows } from './violation-rows';

const DEFAULT_WAIT_MS = 10_000;
const DEFAULT_ROWS = 100;
const MAX_ROWS = 500;

/** What the page reads. None of these routes changes anything. */
export class ExplorerApiController extends ExplorerRoutes {
  @Get('api/info')
  info(@Res() response: unknown): void {
    this.answer(response, json(this.explorer.info()));
  }

  @Get('api/openapi.json')
  openApi(@Res() response: unknown): void {
    this.answer(response, json(openApiDocument(this.explorer.info().version)));
  }

  @Get('api/events')
  async events(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    const tracker = this.trackerOf(query);
    if ('body' in tracker) {
      this.answer(response, tracker);
      return;
    }
    const limit = limitOf(query, DEFAULT_ROWS, MAX_ROWS);
    await this.explorer.others.look();
    const page = this.explorer.events(tracker, textOf(query, 'filter') ?? '', limit, textOf(query, 'before'));
    this.answer(response, json(page));
  }

  @Get('api/events/:id')
  async event(@Param('id') id: string, @QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    const tracker = this.trackerOf(query);
    if ('body' in tracker) {
      this.answer(response, tracker);
      return;
    }
    const entry = this.explorer.find(tracker, id);
    if (entry !== undefined) this.answer(response, json(tracker.detail(entry)));
    else this.answer(response, otherEventReply(await this.explorer.others.find(tracker.name, id)));
  }

  @Get('api/stream')
  stream(
    @QueryOf() query: Query,
    @Req() request: { readonly raw?: IncomingMessage } & IncomingMessage,
    @Res() response: unknown,
  ): void {
    const tracker = this.trackerOf(query);
    if ('body' in tracker) {
      this.answer(response, tracker);
      return;
    }
    if (this.explorer.feed.isFull) {
      this.answer(response, failure(503, 'Too many pages are open.', 'Close one of them, then try again.'));
      return;
    }
    const raw = rawResponse(response);
    beginStream(raw);
    const leave = this.explorer.watch(raw, tracker, textOf(query, 'filter') ?? '');
    if (leave === undefined) {
      raw.end();
      return;
    }
    (request.raw ?? request).once('close', leave);
    raw.once('close', leave);
  }

  @Get('api/wait')
  async wait(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    const tracker = this.trackerOf(query);
    if ('body' in tracker) {
      this.answer(response, tracker);
      return;
    }
    const wanted = textOf(query, 'name');
    const filter = textOf(query, 'filter') ?? (wanted === undefined ? '' : nameTerm(wanted));
    const { error } = EventFilter.read(filter);
    if (error !== undefined) {
      this.answer(response, failure(400, `${error.message}.`, `${error.fix}.`));
      return;
    }
    if (this.explorer.waiters.isFull) {
      this.answer(response, failure(503, 'Too many requests wait.', 'Try again later.'));
      return;
    }
    const timeoutMs = Number(textOf(query, 'timeoutMs') ?? DEFAULT_WAIT_MS) || 0;
    this.answer(response, json(await this.explorer.wait(tracker, filter, timeoutMs)));
  }

  @Get('api/tree')
  tree(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    return this.withTracker(query, response, (tracker) => json(tracker.tree()));
  }

  @Get('api/violations')
  violations(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    return this.withTracker(query, response, ({ violationSources }) => json(violationRows(violationSources)));
  }

  @Get('api/catalog')
  catalog(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    return this.withTracker(query, response, ({ service }) => json(catalogState(service.catalog)));
  }

  @Get('api/queues')
  async queues(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    await this.withTracker(query, response, async ({ queues }) => json(await queues.states()));
  }
}

/** Term of a filter for a name, in which only `*` has a meaning. */
function nameTerm(name: string): string {
  return `name:"${name.replace(/[\\"]/g, String.raw`\$&`)}"`;
}
