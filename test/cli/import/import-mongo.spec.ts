import { writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { ownDatabase } from '../../backends/mongo/support';
import { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { platformLines } from './support';

class Nowhere extends Writable {
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

describeWithServices(['mongo'], 'event-tracking import --to mongo=URL', ({ mongo }) => {
  it('stores each event once, however often and however overlapping logs are imported', async () => {
    const folder = new LogFolder();
    const database = ownDatabase(mongo);
    const lines = platformLines(300).split('\n');
    writeFileSync(folder.file('a.log'), lines.slice(0, 200).join('\n'));
    writeFileSync(folder.file('b.log'), lines.slice(100).join('\n'));
    for (const logs of [['a.log'], ['b.log', 'a.log']]) {
      const terminal = new Terminal(new Nowhere(), new Nowhere(), folder.path);
      expect(await runCommand(['import', ...logs, '--to', `mongo=${database.url}`], terminal)).toBe(0);
    }
    const stored = await (await database.collection()).find().sort({ timestamp: 1 }).toArray();
    expect(stored.map(({ context }) => (context as { user_id: number }).user_id)).toEqual(
      Array.from({ length: 300 }, (_, at) => at),
    );
    expect(stored[0]?.['timestamp']).toEqual(new Date('2025-01-01T00:00:00Z'));
  }, 60_000);
});
