/**
 * An application whose disk queue is in DIRECTORY and whose server is at URL, which does what the
 * lines on its standard input say: `node disk-app.child.ts DIRECTORY URL OPTIONS`. It answers each
 * with a line of JSON.
 */
import 'reflect-metadata';
import { execSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  backend,
  TrackerService,
  TrackingModule,
  type DeliveryOptions,
  type DestinationCounts,
  type NodeCounts,
} from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { OwnClock } from '../support/own-clock';
import { imbalance } from './books';

export interface Answer {
  readonly emitted: number;
  /** What `emit` threw. */
  readonly thrown: readonly string[];
  readonly slowEmits: number;
  readonly imbalances: readonly number[];
  /**
   * What became of the events that were confirmed, the last one last: an outcome, or the name of an
   * error.
   */
  readonly confirmed: readonly string[];
  readonly warnings: readonly string[];
  readonly node: NodeCounts;
  readonly counts: DestinationCounts;
}

const [directory = '', url = '', options = '{}'] = process.argv.slice(2);
const delivery: DeliveryOptions = { directory, ...(JSON.parse(options) as DeliveryOptions) };
const warnings: string[] = [];
const logger = { log: ignore, warn: (text: string) => warnings.push(text), error: ignore };

@Module({
  imports: [TrackingModule.forRoot({ logger, backends: { far: backend(HttpBackend, { url }, { delivery }) } })],
})
class AppModule {}

const FILLER = 'x'.repeat(700);
const clock = new OwnClock();
const thrown: string[] = [];
const imbalances: number[] = [];
const confirmed: string[] = [];
let emitted = 0;
let slowEmits = 0;

async function emit(tracker: TrackerService, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const data = { n: emitted++, filler: FILLER };
    const begin = clock.now();
    try {
      tracker.emit('edx.video.played', data);
    } catch (error) {
      thrown.push(String(error));
    }
    if (clock.now() - begin > 50) slowEmits++;
    const off = imbalance(tracker.ledger.destination('far')!);
    if (off !== 0) imbalances.push(off);
    if (left % 20 === 0) await new Promise(setImmediate);
  }
}

async function confirm(tracker: TrackerService): Promise<void> {
  const data = { n: emitted++, filler: FILLER };
  try {
    const { destinations } = await tracker.emitConfirmed('edx.video.played', data, { timeoutMs: 200 });
    confirmed.push(destinations['far'] ?? 'nowhere');
  } catch (error) {
    confirmed.push((error as { destinations?: Record<string, string> }).destinations?.['far'] ?? String(error));
  }
}

/** What others put on the disk, up to its last byte. */
function fill(): void {
  for (let bytes = 4 * 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(join(directory, 'of-others'), Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

async function obey(): Promise<void> {
  const start = (): Promise<INestApplicationContext> =>
    NestFactory.createApplicationContext(AppModule, { logger: false });
  let app = await start();
  for await (const line of createInterface(process.stdin)) {
    const [verb, ...rest] = line.split(' ');
    const argument = rest.join(' ');
    if (verb === 'emit') await emit(app.get(TrackerService), Number(argument));
    if (verb === 'confirm') await confirm(app.get(TrackerService));
    if (verb === 'fill') fill();
    if (verb === 'free') rmSync(join(directory, 'of-others'));
    if (verb === 'shell') execSync(argument);
    if (verb === 'exit') process.exit(0);
    if (verb === 'close' || verb === 'restart') await app.close();
    if (verb === 'restart') app = await start();
    const { ledger } = app.get(TrackerService);
    const answer: Answer = {
      ...{ emitted, thrown, slowEmits, imbalances, confirmed, warnings },
      node: ledger.node('far')!,
      counts: ledger.destination('far')!,
    };
    process.stdout.write(JSON.stringify(answer) + '\n');
    if (verb === 'close') process.exit(0);
  }
}

function ignore(): void {}

void obey();
