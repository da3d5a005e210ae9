import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import '../../src/entries';
import { registerCopy } from '../../src/tracker/package-copies';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const ROOT = resolve(__dirname, '../..');
const twice = ({ warnings }: RecordingLogger): string[] => warnings.filter((line) => line.includes('is loaded'));
let other = '';

beforeEach(() => {
  other = mkdtempSync(join(tmpdir(), 'copy-'));
});
afterEach(() => {
  rmSync(other, { recursive: true, force: true });
  Reflect.deleteProperty(globalThis, Symbol.for('nestjs-event-tracking'));
  registerCopy();
});

describe('Two copies of the package in one process', () => {
  it('are warned of at start, with the folder and the version of each', async () => {
    writeFileSync(join(other, 'package.json'), '{ "version": "9.8.7" }');
    registerCopy(other);
    const logger = new RecordingLogger();
    await startTracking({ logger });
    expect(twice(logger)).toEqual([expect.stringContaining(`is loaded twice: ${ROOT} (0.1.0) and ${other} (9.8.7).`)]);
    expect(twice(logger)[0]).toMatch(/decorators of another emit nothing.*Fix: install one copy/);
  });

  it('are warned of without a version where there is none, and more than two are counted', async () => {
    registerCopy(other);
    registerCopy(join(other, 'deeper'));
    const logger = new RecordingLogger();
    await startTracking({ logger });
    expect(twice(logger)).toEqual([expect.stringContaining('is loaded 3 times')]);
  });

  it('are not one copy that is loaded again', async () => {
    jest.isolateModules(() => void jest.requireActual('../../src/entries'));
    const logger = new RecordingLogger();
    await startTracking({ logger });
    expect(twice(logger)).toEqual([]);
  });

  it('leave alone what another program keeps under the symbol', () => {
    Object.defineProperty(globalThis, Symbol.for('nestjs-event-tracking'), {
      value: 5,
      configurable: true,
      writable: true,
    });
    expect(() => {
      registerCopy();
    }).not.toThrow();
  });
});
