import { Body, Get, Param, Post, Query as QueryOf, Res, UseGuards } from '@nestjs/common';
import { OWN_EVENTS } from '../catalog/own-events';
import { ActionGuard } from './action-guard';
import type { DeadLetterAction, DeadLetterPage, DeadLetterRow, JobState } from './api';
import { actionPlan, deadLetterGroups } from './dead-letter-groups';
import { letterFilter } from './dead-letter-jobs';
import { letterPage } from './dead-letter-page';
import type { ExploredTracker } from './explored-tracker';
import { failure, json } from './explorer-reply';
import { ExplorerRoutes, limitOf, textOf, type Query } from './explorer-routes';
import { eventJson } from './rows';

const MAX_LETTERS = 200;
const DEFAULT_LETTERS = 50;

/** Dead letters: to look at them, to send them again, to remove them. */
export class DeadLettersController extends ExplorerRoutes {
  @Get('api/dead-letters')
  deadLetters(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    return this.withTracker(query, response, async ({ letters }) => json(await deadLetterGroups(letters)));
  }

  @Get('api/dead-letters/list')
  letters(@QueryOf() query: Query, @Res() response: unknown): Promise<void> {
    return this.withTracker(query, response, async (tracker) => {
      const [path, reason, id] = [textOf(query, 'path'), textOf(query, 'reason'), textOf(query, 'id')];
      const limit = limitOf(query, DEFAULT_LETTERS, MAX_LETTERS);
      const page = await letterPage(tracker.letters, { path, reason, id }, limit, textOf(query, 'before'));
      const letters = page.letters.map(({ event, deadAt, ...letter }): DeadLetterRow => ({
        ...{ id: event.id, path: letter.path, reason: letter.reason, at: deadAt.toISOString() },
        ...{ attempts: letter.attempts, canRedrive: letter.canRedrive },
        event: eventJson(tracker.redactedStored(event).sharedStored()),
      }));
      return json({ letters, total: page.total } satisfies DeadLetterPage);
    });
  }

  @Post('api/dead-letters/redrive')
  @UseGuards(ActionGuard)
  redrive(@QueryOf() query: Query, @Body() body: unknown, @Res() response: unknown): Promise<void> {
    return this.act('redrive', query, body, response);
  }

  @Post('api/dead-letters/purge')
  @UseGuards(ActionGuard)
  purge(@QueryOf() query: Query, @Body() body: unknown, @Res() response: unknown): Promise<void> {
    return this.act('purge', query, body, response);
  }

  @Get('api/jobs')
  jobs(@Res() response: unknown): void {
    this.answer(response, json(this.explorer.jobs.list()));
  }

  @Get('api/jobs/:id')
  job(@Param('id') id: string, @Res() response: unknown): void {
    const job = this.explorer.jobs.find(id);
    this.answer(
      response,
      job === undefined ? failure(404, `There is no job ${id}.`, 'Start the action again.') : json(job),
    );
  }

  private act(what: 'redrive' | 'purge', query: Query, body: unknown, response: unknown): Promise<void> {
    return this.withTracker(query, response, async (tracker) => {
      const action = readAction(body);
      if (action === undefined)
        return failure(
          400,
          'Nothing says which dead letters are meant.',
          'Send { "path": … }, { "id": … } or { "all": true }.',
        );
      if (action.dryRun === true)
        return json(await actionPlan(what, tracker.letters, letterFilter(action), tracker.service.ledger.nodes()));
      if (!this.explorer.actions[what])
        return failure(
          403,
          `${what} is not allowed here.`,
          `TrackingExplorerModule.forRoot({ actions: { ${what}: true } })`,
        );
      return json(await this.start(what, tracker, action), 202);
    });
  }

  private start(
    what: 'redrive' | 'purge',
    { service, letters }: ExploredTracker,
    action: DeadLetterAction,
  ): Promise<JobState> {
    const name = what === 'redrive' ? OWN_EVENTS.redriven : OWN_EVENTS.purged;
    // Bound: the response is over by then, and the event must still carry who asked for the action.
    const onDone = service.bind((count: number) => {
      const { path, reason, id } = action;
      service.emit(name, { letters: count, path, reason, id });
    });
    return this.explorer.jobs.start(what, { reader: letters, store: service.deadLetters }, action, onDone);
  }
}

/** Reads the body of an action. Undefined if it does not say which letters are meant. */
function readAction(body: unknown): DeadLetterAction | undefined {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const text = (key: string): object => (typeof given[key] === 'string' ? { [key]: given[key] } : {});
  const action: DeadLetterAction = {
    ...{ ...text('path'), ...text('reason'), ...text('id') },
    ...(given['all'] === true && { all: true }),
    ...(given['dryRun'] === true && { dryRun: true }),
  };
  const isMeant =
    action.all === true || action.path !== undefined || action.reason !== undefined || action.id !== undefined;
  return isMeant ? action : undefined;
}
