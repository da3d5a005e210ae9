import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backend, type TrackingConfigException, type Destination } from 'nestjs-event-tracking';
import { OwnedFolder } from '../../src/store/owned-folder';
import { runtimeOf } from '../../src/tracker/runtime-of';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { scratchFolder } from './scratch-folder';

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn('skipped: folders of other users (only root can make them)');

const id = (digit: string): string => `tracking-${digit.repeat(24)}`;
const owners: OwnedFolder[] = [];

afterEach(async () => {
  await Promise.all(owners.splice(0).map((owner) => owner.release()));
});

async function claim(directory: string): Promise<OwnedFolder> {
  const owner = await OwnedFolder.claim(directory);
  owners.push(owner);
  return owner;
}

/** A folder of somebody else, with what must not be touched in it. */
function victimFolder(): string {
  const victim = scratchFolder();
  mkdirSync(join(victim, 'empty', 'emptier'), { recursive: true });
  mkdirSync(join(victim, id('e'), 'empty'), { recursive: true });
  writeFileSync(join(victim, id('e'), 'own.sock'), 'not a socket');
  writeFileSync(join(victim, 'own.sock'), 'not a socket');
  return victim;
}

function everythingIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

class Sink implements Destination {
  sendBatch(): Promise<void> {
    return Promise.resolve();
  }
}

describe('A link in the directory of the disk queue', () => {
  it('is neither followed nor adopted under the name of an orphan', async () => {
    const [directory, victim] = [scratchFolder(), victimFolder()];
    const before = everythingIn(victim);
    symlinkSync(victim, join(directory, id('b')));
    symlinkSync(victim, join(directory, `${id('c')}.new`));
    const owner = await claim(directory);
    expect((await owner.adoptOrphans()).taken).toEqual([]);
    await owner.release();
    expect(everythingIn(victim)).toEqual(before);
    expect(readdirSync(directory).sort()).toEqual([id('b'), `${id('c')}.new`]);
  });

  it('is not followed in what an orphan had adopted', async () => {
    const [directory, victim] = [scratchFolder(), victimFolder()];
    const before = everythingIn(victim);
    mkdirSync(join(directory, id('a')));
    symlinkSync(victim, join(directory, id('a'), 'adopted'));
    mkdirSync(join(directory, id('b'), 'adopted'), { recursive: true });
    symlinkSync(victim, join(directory, id('b'), 'adopted', id('d')));
    const owner = await claim(directory);
    const { taken } = await owner.adoptOrphans();
    expect(taken).toEqual([join(owner.folder, 'adopted', id('a')), join(owner.folder, 'adopted', id('b'))]);
    await owner.release();
    expect(everythingIn(victim)).toEqual(before);
  });

  it('is not taken for the queue of a destination', async () => {
    const [directory, victim] = [scratchFolder(), scratchFolder()];
    mkdirSync(join(victim, 'queue'));
    writeFileSync(join(victim, 'queue', '00000001.seg'), 'not a segment');
    const orphan = join(directory, 'default', id('a'));
    mkdirSync(join(orphan, 'gate'), { recursive: true });
    symlinkSync(victim, join(orphan, 'other'));
    symlinkSync(join(victim, 'queue'), join(orphan, 'gate', 'queue'));
    symlinkSync(join(victim, 'queue'), join(orphan, 'gate', 'dead'));
    const logger = new RecordingLogger();
    const run = await startTracking({
      logger,
      delivery: { directory },
      backends: { gate: backend(Sink), other: backend(Sink) },
    });
    expect(run.ledger.node('gate')?.delivery).toMatchObject({ recovered: 0 });
    await run.app.close();
    expect(everythingIn(victim)).toEqual(['queue', join('queue', '00000001.seg')]);
    expect(logger.warnings.filter((text) => text.includes('could not be taken over'))).toEqual([]);
  });
});

describe('What has no name of ours in an orphan', () => {
  it('is left there, and does not hold up the rest', async () => {
    const directory = scratchFolder();
    for (const name of ['%zz', '%2E%2E', 'gate'])
      mkdirSync(join(directory, 'default', id('a'), name), { recursive: true });
    writeFileSync(join(directory, 'default', id('a'), '%zz', 'content'), '');
    const logger = new RecordingLogger();
    const run = await startTracking({ logger, delivery: { directory }, backends: { gate: backend(Sink) } });
    await run.app.close();
    expect(everythingIn(directory).filter((path) => path.endsWith('content'))).toHaveLength(1);
    expect(logger.warnings.filter((text) => text.includes('could not be taken over'))).toEqual([]);
  });
});

describe('A name that leads to another folder', () => {
  const errorsOf = async (options: Parameters<typeof startTracking>[0]): Promise<string[]> => {
    const error: unknown = await startTracking(options).catch((reason: unknown) => reason);
    return (error as TrackingConfigException).errors.map(({ path, what }) => `${path}: ${what}`);
  };

  it.each(['.', '..', '...'])('is refused for backends, consumers, trackers and at run time: %s', async (name) => {
    const inner = { [name]: backend(Sink) };
    expect(await errorsOf({ backends: inner })).toEqual([
      expect.stringMatching(/^backends\["\.+"\] \(Sink\): the name "\.+" has no other characters than dots/),
    ]);
    expect(await errorsOf({ consumers: { [name]: 5 as never } })).toHaveLength(1);
    expect(await errorsOf({ name })).toEqual([
      expect.stringMatching(/^name: it is "\.+", which leads to another folder/),
    ]);
    const run = await startTracking({});
    expect(() => run.tracker.registerBackend(name, new Sink())).toThrow('has no other characters than dots');
  });

  it.each([
    ['', '""'],
    ['\ud800', 'a string of 1 character'],
    [5, '5'],
    [null, 'null'],
  ])('or to none at all, is refused for a tracker: %p', async (name, shown) => {
    expect(await errorsOf({ name: name as never })).toEqual([expect.stringContaining(`name: it is ${shown}`)]);
  });

  it.each(['..', '.', '', '..', 'a/../..', '\ud800', 'x'.repeat(300)])(
    'is harmless where it comes back from a queue: %p',
    async (path) => {
      const directory = scratchFolder();
      const run = await startTracking({ delivery: { directory }, backends: { gate: backend(Sink) } });
      const { deliveries } = runtimeOf(run.tracker).parts;
      const event = { name: 'e', timestamp: new Date(0), id: 'i', context: {}, data: {} };
      deliveries.keepLetter(path, event, 'it came back', {});
      expect(run.tracker.deadLetters.list().map((letter) => letter.path)).toEqual([path]);
      const [own = ''] = readdirSync(join(directory, 'default'));
      const outside = everythingIn(directory).filter(
        (each) => !each.startsWith(join('default', own)) && each !== 'default',
      );
      expect(outside).toEqual([]);
      expect(existsSync(join(directory, 'default', own, 'dead'))).toBe(false);
    },
  );
});

describe('A delivery directory that others may write to', () => {
  const warningsOf = async (directory: string): Promise<string[]> => {
    const logger = new RecordingLogger();
    const run = await startTracking({ logger, delivery: { directory }, backends: { gate: backend(Sink) } });
    await run.app.close();
    return logger.warnings.filter((text) => text.includes('directory'));
  };

  it('is warned of, with what to do, and used all the same', async () => {
    const directory = scratchFolder();
    chmodSync(directory, 0o777);
    expect(await warningsOf(directory)).toEqual([
      expect.stringMatching(/can be written by every user of this machine \(mode 0777\)[^]*Fix: /),
    ]);
  });

  it.each([0o700, 0o750, 0o770, 0o775])('is used without a word with the mode %d', async (mode) => {
    const directory = scratchFolder();
    chmodSync(directory, mode);
    expect(await warningsOf(directory)).toEqual([]);
  });

  it('is used without a word if it is one like /tmp, where nobody can take away what belongs to others', async () => {
    const directory = scratchFolder();
    chmodSync(directory, 0o1777);
    expect(await warningsOf(directory)).toEqual([]);
  });

  (isRoot ? it : it.skip)('is warned of where it belongs to another user', async () => {
    const directory = scratchFolder();
    mkdirSync(join(directory, 'default'));
    chownSync(join(directory, 'default'), 12_345, 12_345);
    expect(await warningsOf(directory)).toEqual([
      expect.stringMatching(/belongs to another user \(uid 12345\)[^]*Fix: /),
    ]);
  });

  (isRoot ? it : it.skip)('gives no orphan of another user, and goes on with those of its own', async () => {
    const directory = scratchFolder();
    chmodSync(directory, 0o777);
    for (const digit of ['a', 'b']) mkdirSync(join(directory, id(digit), 'gate'), { recursive: true });
    for (const digit of ['a', 'b']) writeFileSync(join(directory, id(digit), 'gate', 'content'), '');
    chownSync(join(directory, id('a')), 12_345, 12_345);
    const owner = await claim(directory);
    expect((await owner.adoptOrphans()).taken).toEqual([join(owner.folder, 'adopted', id('b'))]);
    expect(existsSync(join(directory, id('a'), 'gate', 'content'))).toBe(true);
  });
});
