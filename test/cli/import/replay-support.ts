import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { backend, type Destination, type EventRejection, type IdentifiedEvent } from '../../../src/entries';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { LogFolder } from '../../support/log-folder';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';

export const ROOT = resolve(__dirname, '../../..');
export const TO_WAREHOUSE = ['--module', 'app.module.js', '--branch', 'warehouse'];

export class Written extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export async function run(folder: LogFolder, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new Written(), new Written()];
  const code = await runCommand(['replay', ...words], new Terminal(out, err, folder.path));
  return { code, out: out.text, err: err.text };
}

/**
 * An application whose backends write logs; `warehouse` refuses events named "bad".
 * @param speed slow: `warehouse` takes 50 ms for each batch, and never ends one with the last
 * thousand events, until there is a file "go"
 */
export function application(options = '', speed: 'quick' | 'slow' = 'quick'): LogFolder {
  const folder = new LogFolder();
  const slow = `if (!existsSync('${folder.file('go')}'))
    await new Promise((resolve) => events.some(({ id }) => id > 'id-05000') || setTimeout(resolve, 50));`;
  mkdirSync(folder.file('node_modules'));
  for (const name of ['@nestjs', 'reflect-metadata', 'rxjs'])
    symlinkSync(join(ROOT, 'node_modules', name), folder.file(`node_modules/${name}`));
  writeFileSync(
    folder.file('app.module.js'),
    `const { appendFileSync, existsSync } = require('node:fs');
     const { Module } = require('@nestjs/common');
     const { TrackingModule, backend, LoggerBackend } = require('${ROOT}/src/entries');
     class Warehouse {
       async sendBatch(events) {
         ${speed === 'slow' ? slow : ''}
         const good = events.filter(({ name }) => name !== 'bad');
         appendFileSync('${folder.file('warehouse.log')}', good.map((event) => JSON.stringify(event) + '\\n').join(''));
         return events.flatMap(({ name }, index) => name === 'bad' ? [{ index, reason: 'bad', retryable: false }] : []);
       }
     }
     class AppModule {}
     Module({ imports: [TrackingModule.forRoot({ backends: {
       warehouse: backend(Warehouse, undefined, { ${options} delivery: { directory: '${folder.file('delivery')}' } }),
       other: backend(LoggerBackend, { path: '${folder.file('other.log')}' }),
     } })] })(AppModule);
     exports.AppModule = AppModule;`,
  );
  return folder;
}

@Injectable()
class Refusing implements Destination {
  sendBatch(events: readonly IdentifiedEvent[]): Promise<readonly EventRejection[]> {
    return Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
  }
}

/** Starts an application all of whose events become dead letters of `warehouse` and `lrs`. */
export async function refused(folder: LogFolder, ...names: string[]): Promise<BuiltTracking> {
  const delivery = { directory: folder.file('delivery') };
  const run = await startTracking({
    backends: {
      warehouse: backend(Refusing, undefined, { delivery }),
      lrs: backend(Refusing, undefined, { delivery }),
    },
  });
  for (const name of names) run.tracker.emit(name, { at: new Date(0) });
  await run.tracker.flush();
  return run;
}

export const namesIn = (folder: LogFolder, log: string): string[] => folder.events(log).map(({ name }) => name);
