import { isAnswer, StreamGroup } from '../../../src/transports/redis-streams/stream-group';

/** A group whose commands are noted and get these replies. */
function setUp(...replies: unknown[]) {
  const sent: string[] = [];
  const send = (timeoutMs: number, ...args: string[]): Promise<unknown> => {
    sent.push(`${String(timeoutMs)} ${args.join(' ')}`);
    const reply = replies.shift();
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const link = { call: send, callBuffer: send };
  return { sent, link, group: new StreamGroup(link, { group: 'g', name: 'me' }) };
}

const entry = (id: string): unknown => [Buffer.from(id), [Buffer.from('type'), Buffer.from('x')]];

describe('StreamGroup', () => {
  it('creates the group with its stream, and says whether it was missing', async () => {
    const { sent, group } = setUp('OK', new Error('BUSYGROUP Consumer Group name already exists'), new Error('NOAUTH'));
    expect([await group.create('s', '0'), await group.create('s', '$')]).toEqual([true, false]);
    await expect(group.create('s', '0')).rejects.toThrow('NOAUTH');
    expect(sent[0]).toBe('10000 XGROUP CREATE s g 0 MKSTREAM');
  });

  it('reads new entries of all streams, and waits longer than Redis blocks', async () => {
    const { sent, link, group } = setUp([[Buffer.from('a'), [entry('1-0')]]]);
    const found = await group.read(link, ['a', 'b'], 5, 2000);
    expect(found.map(({ position }) => position)).toEqual(['a:1-0']);
    expect(sent).toEqual(['12000 XREADGROUP GROUP g me COUNT 5 BLOCK 2000 STREAMS a b > >']);
  });

  it('reads pages of pending entries, of this consumer or of idle ones', async () => {
    const row = ['1-0', 'other', 7, 3];
    const { sent, group } = setUp([row], [row], [row], []);
    expect(await group.ownPending('s', undefined, 10)).toEqual([{ id: '1-0', deliveries: 3 }]);
    await group.idlePending('s', 500, '1-0', 10);
    expect(await group.pendingEntry('s', '1-0')).toEqual({ id: '1-0', consumer: 'other', idleMs: 7, deliveries: 3 });
    expect(await group.pendingEntry('s', '2-0')).toBeUndefined();
    expect(sent.slice(0, 3)).toEqual([
      '10000 XPENDING s g - + 10 me',
      '10000 XPENDING s g IDLE 500 (1-0 + 10',
      '10000 XPENDING s g 1-0 1-0 1',
    ]);
  });

  it('claims entries, keeps them, and gives them back with or without their deliveries', async () => {
    const { sent, group } = setUp([entry('1-0')]);
    expect((await group.claim('s', 500, ['1-0', '2-0'])).map(({ id }) => id)).toEqual(['1-0']);
    await group.hold('s', ['1-0']);
    await group.giveBack('s', ['1-0'], 900, 'forget deliveries');
    await group.giveBack('s', ['2-0'], 900, 'keep deliveries');
    expect(sent).toEqual([
      '10000 XCLAIM s g me 500 1-0 2-0',
      '10000 XCLAIM s g me 0 1-0 JUSTID',
      '10000 XCLAIM s g me 0 1-0 IDLE 900 RETRYCOUNT 0 JUSTID',
      '10000 XCLAIM s g me 0 2-0 IDLE 900 JUSTID',
    ]);
  });

  it('sends at most a thousand ids with one command, and no command without any', async () => {
    const { sent, group } = setUp();
    await group.acknowledge(
      's',
      Array.from({ length: 1001 }, (_, at) => `${String(at)}-0`),
    );
    await group.hold('s', []);
    expect(sent.map((each) => each.split(' ').length)).toEqual([1004, 5]);
  });

  it('finds which entries are no longer on the stream', async () => {
    const { group } = setUp([], [['2-0', []]]);
    expect(await group.missing('s', ['1-0', '2-0'])).toEqual(['1-0']);
  });

  it('moves, leaves and runs scripts', async () => {
    const { sent, group } = setUp();
    await group.move('s', '$');
    await group.leave('s');
    await group.evaluate('return 1', 's');
    expect(sent.map((each) => each.slice(6))).toEqual([
      'XGROUP SETID s g $',
      'XGROUP DELCONSUMER s g me',
      'EVAL return 1 1 s g',
    ]);
  });

  it('recognizes an error of Redis by its code', () => {
    expect([
      isAnswer(new Error('NOGROUP x'), 'NOGROUP'),
      isAnswer(new Error('x NOGROUP'), 'NOGROUP'),
      isAnswer('NOGROUP', 'NOGROUP'),
    ]).toEqual([true, false, false]);
  });
});
