import { gzipSync } from 'node:zlib';
import { CommandFolder, logLine } from './validate/command-run';

const CATALOG = `
import { defineEvent } from 'nestjs-event-tracking';
import { z } from 'zod';
export const enrolled = defineEvent('enrolled', { data: z.object({ mode: z.string() }) });
`;
const RIGHT = logLine('enrolled', { mode: 'audit' }, { user_id: 7, more: true });

describe('LogFile', () => {
  let folder: CommandFolder;

  beforeAll(async () => {
    folder = new CommandFolder();
    folder.write('catalog.ts', CATALOG);
    await folder.run('check', '--catalog', 'catalog.ts'); // the first command loads the schema library
  }, 120_000);

  afterAll(() => {
    folder.remove();
  });

  it('reads a log that gzip has compressed', async () => {
    folder.write('tracking.log.gz', gzipSync(`${RIGHT}\n${logLine('nowhere', {})}\n`));
    expect(await folder.run('validate', 'tracking.log.gz', '--catalog', 'catalog.ts', '--json')).toMatchObject({
      ...{ code: 1, out: expect.stringContaining('"events": 2') },
    });
  });

  it('reads an archive that was cut off as far as it goes, and counts the end as broken', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) =>
      logLine('enrolled', { mode: 'audit' }, { user_id: at, at: Math.sin(at) }),
    );
    const whole = gzipSync(lines.join('\n'));
    folder.write('cut.log.gz', whole.subarray(0, whole.length - 100));
    const { code, out } = await folder.run('validate', 'cut.log.gz', '--catalog', 'catalog.ts', '--json');
    const result = JSON.parse(out) as { events: number; brokenLines: { line: number; why: string }[] };
    expect(code).toBe(1);
    expect(result.events).toBeGreaterThan(4900);
    expect(result.brokenLines).toEqual([
      { line: result.events + 1, why: 'is incomplete: the gzip archive ends there' },
    ]);
  });

  it('reads an archive that is damaged in the middle up to there', async () => {
    const whole = gzipSync(
      Array.from({ length: 5000 }, (_, at) => logLine('enrolled', { at: Math.sin(at) })).join('\n'),
    );
    whole.fill(0xff, Math.floor(whole.length / 2), Math.floor(whole.length / 2) + 200);
    folder.write('damaged.log.gz', whole);
    const { code, out } = await folder.run('validate', 'damaged.log.gz', '--catalog', 'catalog.ts');
    expect(code).toBe(1);
    expect(out).toMatch(/[\d,]+ lines: [1-9],\d\d\d events, .*broken/);
  });

  it('ends with 2 for an archive of which no line can be read', async () => {
    folder.write('cut.log.gz', gzipSync(`${RIGHT}\n`.repeat(100)).subarray(0, 60));
    const { code, out, err } = await folder.run('validate', 'cut.log.gz', '--catalog', 'catalog.ts');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/cut\.log\.gz (?:cannot be read|contains no events: 1 broken line \(line 1 is incomplete)/);
  });

  it.each([
    ['under another name', 'tracking.log.gz.1', (log: string) => gzipSync(log)],
    ['in capitals', 'TRACKING.LOG.GZ', (log: string) => gzipSync(log)],
    ['of several members', 'members.gz', (log: string) => Buffer.concat([gzipSync(log), gzipSync(log)])],
    ['that is named .gz and is not compressed', 'plain.gz', (log: string) => Buffer.from(log)],
    ['in UTF-16', 'wide.log', (log: string) => Buffer.from(`\ufeff${log}`, 'utf16le')],
    ['in UTF-16 without a byte order mark', 'wide2.log', (log: string) => Buffer.from(log, 'utf16le')],
    ['in UTF-16 of the other order', 'wide3.log', (log: string) => Buffer.from(`\ufeff${log}`, 'utf16le').swap16()],
  ])('knows a log %s by its bytes', async (_, name, encoded) => {
    folder.write(name, encoded(`${RIGHT.replace('true', '"ü€😀"')}\n`.repeat(50)));
    const { code, out } = await folder.run('validate', name, '--catalog', 'catalog.ts', '--json');
    expect({ code, ...(JSON.parse(out) as object) }).toMatchObject({ code: 0, broken: 0, wrongEvents: 0 });
  });

  it.each([
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]), 'zstd -dc packed.log |'],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]), 'xz -dc packed.log |'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'bzip2 -dc packed.log |'],
  ])('says how to unpack a log that is compressed by %s', async (name, bytes, command) => {
    folder.write('packed.log', bytes);
    const { code, err } = await folder.run('validate', 'packed.log', '--catalog', 'catalog.ts');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`is compressed with ${name}`) });
    expect(err).toContain(command);
  });
});
