import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { backend, MemoryBackend, TrackingConfigException } from '../../src/entries';
import { mongooseEngines } from 'nestjs-event-tracking/mongoose';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { withoutHooksWarning } from '../docs/pages';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);

/** The blocks of docs/open-edx/migrate.md that begin like this, without their fences. */
async function blocks(flags: string): Promise<string[]> {
  const page = await readFile(join(root, 'docs/open-edx/migrate.md'), 'utf8');
  return [...page.matchAll(/^```(.*)\n([^]*?)^```$/gm)]
    .filter(([, each]) => each === flags)
    .map(([, , code = '']) => code);
}

const timeless = (lines: string): string => lines.replace(/"time": "[^"]+"/g, '"time": "…"');

describe('docs/open-edx', () => {
  it('shows settings that load as they stand, and do what they say', async () => {
    const [settings = ''] = await blocks('json');
    const folder = new LogFolder();
    const tree = backendsFromSettings(
      settings,
      { 'campus.tracking.EnrollmentCounter': () => backend(MemoryBackend) },
      { logger: { path: folder.file() } },
    );
    const { app, tracker, names } = await startTracking(tree);
    const text = (size: number): object => ({ text: 'x'.repeat(size) });
    for (const name of ['edx.course.enrollment.activated', 'edxXcourse', 'internal.probe']) tracker.emit(name);
    tracker.emit('large', text(49_000));
    tracker.emit('too large', text(50_000));
    await app.close();

    expect(names('enrollments/counter')).toEqual(['edx.course.enrollment.activated']);
    expect(folder.events().map(({ name }) => name)).toEqual(['edx.course.enrollment.activated', 'edxXcourse', 'large']);
  });

  it('shows an application that runs on them, and the lines that it writes', async () => {
    const [settings = ''] = await blocks('json');
    const [code = ''] = await blocks('ts run');
    const [lines = ''] = await blocks('text');
    // Inside the project, so that its packages are found; a folder that git ignores.
    await mkdir(join(root, 'coverage'), { recursive: true });
    const folder = await mkdtemp(join(root, 'coverage', 'from-python-'));
    try {
      await writeFile(join(folder, 'event-tracking.json'), settings);
      await writeFile(
        join(folder, 'app.ts'),
        code.replace(/'nestjs-event-tracking(?:\/([\w-]+))?'/g, (_, entry = 'index') =>
          JSON.stringify(join(root, `src/entries/${String(entry)}.ts`)),
        ),
      );
      const arguments_ = ['-r', join(root, 'scripts/swc-register.cjs'), 'app.ts'];
      const { stdout, stderr } = await run(process.execPath, arguments_, { cwd: folder });

      expect(stderr).toBe('');
      const page = await readFile(join(root, 'docs/open-edx/migrate.md'), 'utf8');
      expect(page).toContain(`It prints \`${withoutHooksWarning(stdout).trim()}\``);
      expect(timeless(await readFile(join(folder, 'tracking.log'), 'utf8'))).toBe(timeless(lines));
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  it('shows the faults as they are told', async () => {
    const [, errors = ''] = await blocks('text');
    const settings = {
      EVENT_TRACKING_BACKENDS: {
        caliper: {
          ENGINE: 'eventtracking.backends.routing.RoutingBackend',
          OPTIONS: {
            processors: [
              { ENGINE: 'eventtracking.processors.regex_filter.RegexFilter', OPTIONS: { filter_type: 'allow' } },
            ],
          },
        },
        segmentio: {
          ENGINE: 'eventtracking.backends.routing.RoutingBackend',
          OPTIONS: { backends: { segment: { ENGINE: 'eventtracking.backends.segment.SegmentBackend' } } },
        },
      },
    };
    expect(() => backendsFromSettings(settings)).toThrow(TrackingConfigException);
    expect(() => backendsFromSettings(settings)).toThrow(errors.trim().replace('TrackingConfigException: ', ''));
  });

  it('names the engines that are known, and says which are not there yet', async () => {
    const page = await readFile(join(root, 'docs/open-edx/settings.md'), 'utf8');
    const table = (title: string): string => page.slice(page.indexOf(title)).split('\n\n')[0] ?? '';
    const engines = [...table('| `ENGINE` |').matchAll(/`((?:eventtracking|common)\.[\w.]+)`.*\| (not yet)?/g)];
    const isThere = (name: string): boolean => {
      try {
        backendsFromSettings({ EVENT_TRACKING_PROCESSORS: [{ ENGINE: name }] }, mongooseEngines);
        return true;
      } catch (error) {
        return !String(error).includes('comes with') && !String(error).includes('nothing is known');
      }
    };
    expect(engines.length).toBe(11);
    expect(engines.map(([, name = '', notYet]) => [name, notYet === undefined])).toEqual(
      engines.map(([, name = '']) => [name, isThere(name)]),
    );
  });
});
