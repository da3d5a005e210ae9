import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithPrograms, describeWithServices } from '../support/services';

const root = join(__dirname, '../..');

/** @returns what it printed: one line */
function chaos(env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  if (!existsSync(join(root, 'dist/entries/index.js'))) throw new Error('dist/ is missing: run `npm run build` first.');
  return new Promise((resolve) => {
    const script = [join(root, 'scripts/chaos.mjs'), '--kills', '3', ...args];
    const options = { cwd: root, env: { ...process.env, ...env } };
    const child = execFile(process.execPath, script, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
    });
  });
}

describe('chaos', () => {
  it('tells how it is used when it is asked', async () => {
    const { code, said } = await chaos({}, '--help');
    expect(said).toMatch(/^usage: npm run chaos -- \[options\]\n( {2}--\w+ .*\n)+$/);
    expect(code).toBe(0);
  });

  it.each([
    [['--kil', '3'], /^chaos: Unknown option '--kil'/],
    [['--kills', 'many'], /^chaos: --kills is "many", not a number from 0 up\n/],
    [['--backend', 'kafak'], /^chaos: there is no backend "kafak"\n/],
    [['--signal', 'HUP'], /^chaos: --signal is "HUP", not KILL or TERM\n/],
    [['--fault', 'flood'], /^chaos: there is no fault "flood"\n/],
    [['--fault', 'topic', '--backend', 'mongo'], /^chaos: the fault topic is one of kafka, not of mongo\n/],
    [['--minutes', 'long'], /^chaos: --minutes is "long", not a number from 0 up\n/],
  ])('says what is wrong, and how it is used: %j', async (args, wrong) => {
    const { code, said } = await chaos({}, ...args);
    expect(said).toMatch(wrong);
    expect(said).toMatch(/\nusage: npm run chaos/);
    expect(code).toBe(2);
  });
});

/** All it says, with a number of events to rely on that is not 0. */
const NOTHING_LOST =
  /^relied on [1-9]\d*, arrived [1-9]\d* distinct, lost 0, sent again \d+, dead-lettered \d+, counted as lost 0\n$/;

describe('chaos: an application that is stopped three times at random moments', () => {
  it.each(['KILL', 'TERM'])(
    'loses no event for Segment that it relied on: %s',
    async (signal) => {
      const { code, said } = await chaos({}, '--backend', 'segment', '--signal', signal);
      expect(said).toMatch(NOTHING_LOST);
      expect(code).toBe(0);
    },
    60_000,
  );
});

describe('chaos: an application for Segment', () => {
  it.each(['clock', 'directory', 'grace-period', 'poison'])(
    'loses no event that is not counted: %s',
    async (fault) => {
      const { code, said } = await chaos({}, '--fault', fault);
      // Events that were only on disk are gone with a removed directory, and counted: more of them
      // on a busy machine.
      const counted = fault === 'directory' ? said.replace(/counted as lost \d+/, 'counted as lost 0') : said;
      expect(counted).toMatch(NOTHING_LOST);
      expect(code).toBe(0);
    },
    120_000,
  );
});

describeWithServices(['mongo'], 'chaos: an application that is stopped three times at random moments', ({ mongo }) => {
  it.each(['KILL', 'TERM'])(
    'loses no event for MongoDB that it relied on: %s',
    async (signal) => {
      const { code, said } = await chaos({ MONGO_URL: mongo }, '--backend', 'mongo', '--signal', signal);
      expect(said).toMatch(NOTHING_LOST);
      expect(code).toBe(0);
    },
    60_000,
  );
});

describeWithPrograms(['postgres'], 'chaos: an application and its PostgreSQL that are killed in turns', () => {
  it.each(['KILL', 'TERM'])(
    'lose no event that was relied on, and store each once: %s',
    async (signal) => {
      const { code, said } = await chaos({}, '--backend', 'postgres', '--kills', '4', '--signal', signal);
      expect(said).toMatch(/, server kills 2\n$/);
      expect(said.replace(/, server kills 2\n$/, '\n')).toMatch(NOTHING_LOST);
      expect(code).toBe(0);
    },
    120_000,
  );
});

describeWithPrograms(['postgres'], 'chaos: two applications with transactions and their PostgreSQL', () => {
  it.each([
    ['held', 'KILL', /, orphans \d+, phantoms 0\n$/], // an event that is only held may be lost
    ['outbox', 'KILL', /, orphans 0, phantoms 0\n$/],
    ['outbox', 'TERM', /, orphans 0, phantoms 0\n$/],
  ])(
    'have no event without a row, and no row without an event that was promised: %s, %s',
    async (way, signal, compared) => {
      const { code, said } = await chaos({}, '--backend', way, '--kills', '4', '--signal', signal);
      expect(said).toMatch(/^relied on [1-9]\d*, arrived [1-9]\d* distinct, lost 0, .*, server kills 2, orphans/);
      expect(said).toMatch(compared);
      expect(code).toBe(0);
    },
    240_000,
  );
});

/** The same of a web process and two workers. */
const NOTHING_LOST_BETWEEN =
  /^relied on [1-9]\d*, arrived [1-9]\d* distinct, lost 0, sent again \d+, dead-lettered 0, counted as lost 0, books balanced in (\d+) of \1 lives\n$/;

describeWithPrograms(['redis'], 'A web process and two workers that are stopped four times in turns', () => {
  describeWithServices(['mongo'], 'around a Redis of their own', ({ mongo }) => {
    it.each([
      ['bull', 'KILL'],
      ['bull', 'TERM'],
      ['redis-streams', 'KILL'],
    ])(
      'lose no event for MongoDB that was relied on: %s, %s',
      async (way, signal) => {
        const { code, said } = await chaos({ MONGO_URL: mongo }, '--backend', way, '--kills', '4', '--signal', signal);
        expect(said).toMatch(NOTHING_LOST_BETWEEN);
        expect(code).toBe(0);
      },
      180_000,
    );
  });
});
