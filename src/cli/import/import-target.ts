import 'reflect-metadata';
import { existsSync, statSync, truncateSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LoggerBackend } from '../../backends/logger/logger.backend';
import { MAX_TIMER_MS } from '../../common/clock';
import { TrackingModule } from '../../module/tracking.module';
import { backendsFromSettings } from '../../openedx/backends-from-settings';
import type * as MongooseEngines from '../../openedx/mongoose-engines';
import { backend } from '../../routing/description';
import { DEFAULT_TRACKER } from '../../routing/tokens';
import { getTrackerToken } from '../../tracker/tokens';
import type { TrackerService } from '../../tracker/tracker.service';
import { CommandFailedException } from '../command-failed.exception';
import { describeInFull } from '../describe-in-full';
import { applicationModule } from './application-module';
import type { ImportState } from './import-state';
import { lrsModule } from './lrs-target';

export interface TargetOptions {
  readonly to?: string | undefined;
  readonly module?: string | undefined;
  readonly tracker?: string | undefined;
  /** URL of the platform, for statements. */
  readonly rootUrl?: string | undefined;
}

const EXAMPLE =
  '--to file=events.jsonl, --to mongo=mongodb://localhost:27017/tracking, --to lrs=https://lrs.example/xAPI, ' +
  'or --module src/import.module.ts';

/** Where the events of an import go: a running application with a tracker. */
export class ImportTarget {
  /** Keeps the process alive: while a destination is down, nothing else may. */
  private readonly alive = setInterval(() => undefined, MAX_TIMER_MS);

  private constructor(
    private readonly app: INestApplicationContext,
    readonly tracker: TrackerService,
    /** Absolute path of the output file; undefined for another target. */
    private readonly file: string | undefined,
  ) {}

  /**
   * Starts the application.
   * @throws CommandFailedException
   */
  static async start(folder: string, options: TargetOptions, state: ImportState): Promise<ImportTarget> {
    const { to, module: given, tracker = DEFAULT_TRACKER, rootUrl } = options;
    if ((to === undefined) === (given === undefined))
      throw CommandFailedException.create(
        to === undefined ? 'there is no target for the events.' : '--to and --module are both given.',
        to === undefined ? `${EXAMPLE}; or --dry-run to count only` : 'leave one of them out',
      );
    if (rootUrl !== undefined && to?.startsWith('lrs=') !== true)
      throw CommandFailedException.create('--root-url is for --to lrs=… only.', 'leave it out');
    const file = to?.startsWith('file=') === true ? resolve(folder, to.slice('file='.length)) : undefined;
    if (file !== undefined) prepareFile(file, state);
    const module = given === undefined ? targetModule(to ?? '', file, rootUrl) : await applicationModule(folder, given);
    const app = await start(module);
    app.enableShutdownHooks(); // Ctrl-C ends the import in order; the next run continues it
    return new ImportTarget(app, trackerOf(app, tracker), file);
  }

  /** Returns the size of the output file; undefined for another target. */
  readonly outputBytes = (): number | undefined =>
    this.file === undefined || !existsSync(this.file) ? undefined : statSync(this.file).size;

  async close(): Promise<void> {
    try {
      await this.app.close();
    } finally {
      clearInterval(this.alive);
    }
  }
}

/**
 * Cuts off what an interrupted import wrote after its state was saved: those lines are written
 * again. A file with other content is refused, since it could not be told apart.
 */
function prepareFile(file: string, state: ImportState): void {
  const size = existsSync(file) ? statSync(file).size : 0;
  if (size < (state.outputBytes ?? 0))
    throw CommandFailedException.create(
      'the file of --to is shorter than when the import was interrupted.',
      'name a new file, and pass --restart to begin at the first line',
    );
  if (size === 0) return;
  if (!state.isResumed)
    throw CommandFailedException.create(
      'the file of --to already has content.',
      'name a new file; lines cannot be compared with lines that are already there',
    );
  if (state.outputBytes !== undefined && state.outputBytes < size) truncateSync(file, state.outputBytes);
}

function targetModule(to: string, file: string | undefined, rootUrl: string | undefined): DynamicModule {
  const [kind = ''] = to.split('=');
  const value = to.slice(kind.length + 1);
  if (file !== undefined && value !== '')
    return TrackingModule.forRoot({ backends: { file: backend(LoggerBackend, { path: file }) } });
  if (kind === 'mongo' && value !== '') return mongoModule(value);
  if (kind === 'lrs') return lrsModule(value, rootUrl, process.env);
  // A URL without its kind may hold a password.
  const shown = /^[\w-]{0,20}$/.test(kind) ? JSON.stringify(kind) : 'of this form';
  throw CommandFailedException.create(`--to has no target ${shown}.`, EXAMPLE);
}

function mongoModule(url: string): DynamicModule {
  const database = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- mongoose is an optional peer
  const { mongooseEngines } = require('../../openedx/mongoose-engines') as typeof MongooseEngines;
  const OPTIONS = { host: url, ...(database !== '' && { database }) };
  const mongo = { ENGINE: 'eventtracking.backends.mongodb.MongoBackend', OPTIONS };
  return TrackingModule.forRoot(backendsFromSettings({ EVENT_TRACKING_BACKENDS: { mongo } }, mongooseEngines));
}

async function start(module: Type | DynamicModule): Promise<INestApplicationContext> {
  try {
    return await NestFactory.createApplicationContext(module as Type, {
      logger: ['warn', 'error'],
      abortOnError: false,
    });
  } catch (error) {
    throw CommandFailedException.create(
      `the application does not start: ${describeInFull(error)}`,
      'see the error above',
      error,
    );
  }
}

function trackerOf(app: INestApplicationContext, name: string): TrackerService {
  try {
    return app.get<TrackerService>(getTrackerToken(name), { strict: false });
  } catch (error) {
    throw CommandFailedException.create(
      `the module has no tracker ${JSON.stringify(name)}.`,
      'import TrackingModule.forRoot({ ... }) in it, or pass --tracker NAME',
      error,
    );
  }
}
