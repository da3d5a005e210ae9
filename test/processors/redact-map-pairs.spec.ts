import { type RedactOptions } from '../../src/processors/redact';
import { start } from './redact-parts';

describe('Redact, for a Map that became a list of pairs', () => {
  const map = (): Map<unknown, unknown> =>
    new Map<unknown, unknown>([
      ['password', 'hunter2'],
      [1, 'a'],
      ['1', { email: 'ada@example.org' }],
      [{ id: 1 }, { email: 'kept' }],
    ]);

  it.each<readonly [options: RedactOptions, expected: unknown]>([
    [
      { keys: ['password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { keys: [/^pass/] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['**.password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.1.email'] },
      [
        ['password', 'hunter2'],
        [1, 'a'],
        ['1', { email: '[redacted]' }],
      ],
    ],
    [
      { paths: ['data.map.0.1'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.1.email', 'data.*.password'], action: 'remove' },
      [
        [1, 'a'],
        ['1', {}],
      ],
    ],
    [
      { keys: ['password'], action: 'remove' },
      [
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
  ])('finds its keys: %j', async (options, expected) => {
    const run = await start(options);
    const { map: pairs } = run.emit('e', { map: map() })?.data as unknown as { map: unknown[] };
    expect(pairs.slice(0, -1)).toEqual(expected);
  });

  it('finds them wherever the Map is: in lists, in Maps, in the context', async () => {
    const run = await start({ keys: ['password'] });
    const event = run.emit('e', { list: [[map()], new Map([[{}, map()]])] }, { map: map() });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  it('visits pairs within pairs once, however many paths lead to them', async () => {
    const run = await start({ paths: ['**.a.b', '**.b.a', '**.c.*.a', 'data.**.d'] });
    let value: unknown = 'x';
    for (let at = 0; at < 30; at++) value = [['abc'.charAt(at % 3), value]];
    expect(run.emit('e', { value })?.data).toBeDefined(); // it would not come back within the life of the machine
  });
});
