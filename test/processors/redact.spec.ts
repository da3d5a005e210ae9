import { createHmac } from 'node:crypto';
import { Redact } from '../../src/processors/redact';
import { SECRET, hash, start } from './redact-parts';

const hmac = (text: string): string => createHmac('sha256', SECRET).update(text).digest('hex');

describe('Redact', () => {
  it('masks the values at its paths, in its own branch only, and never changes objects of the caller', async () => {
    const run = await start({ paths: ['data.email', 'data.users.*.email', 'data.list.1', 'context.ip'] });
    const data = {
      email: 'ada@example.org',
      users: [{ email: 'a@example.org', id: 1 }, { id: 2 }, { email: null, id: 3 }],
      list: ['a', 'b', 'c'],
      other: { email: 'kept', ip: 'kept' },
    };
    const given = structuredClone(data);
    const event = run.emit('e', data, { ip: '203.0.113.9', user_id: 5 });

    expect(event).toMatchObject({ name: 'e', context: { ip: '[redacted]', user_id: 5 } });
    expect(event?.data).toEqual({
      email: '[redacted]',
      users: [{ email: '[redacted]', id: 1 }, { id: 2 }, { email: '[redacted]', id: 3 }],
      list: ['a', '[redacted]', 'c'],
      other: { email: 'kept', ip: 'kept' },
    });
    expect(run.untouched).toMatchObject({ context: { ip: '203.0.113.9' }, data: given });
    expect(data).toEqual(given);
  });

  it('calls the predicate for each value that is not an object or list, and passes it the path but nothing else of the event', async () => {
    const asked: [string, unknown][] = [];
    const run = await start({
      when: (path, value) => {
        asked.push([path, value]);
        if (value instanceof Date) value.setTime(0);
        return typeof value === 'string' && value.includes('@');
      },
    });
    const at = new Date(5);
    const event = run.emit('e', { notes: ['a@example.org', 'b'], n: 1, at, none: null }, { mail: 'c@example.org' });

    expect(event).toMatchObject({
      context: { mail: '[redacted]' },
      data: { notes: ['[redacted]', 'b'], n: 1, at: new Date(5), none: null },
    });
    expect(run.untouched.data).toMatchObject({ at: new Date(5) });
    expect(asked.map(([path]) => path)).toEqual([
      'context.mail',
      'data.notes.0',
      'data.notes.1',
      'data.n',
      'data.at',
      'data.none',
    ]);
  });

  it('calls the function for more paths once for each event name', async () => {
    const asked: string[] = [];
    const marks = (name: string): string[] | undefined => {
      asked.push(name);
      return name === 'with' ? ['data.b'] : undefined;
    };
    const run = await start({ paths: ['data.a'], marks });
    const data = { a: 1, b: 2 };

    expect(run.emit('with', data)?.data).toEqual({ a: '[redacted]', b: '[redacted]' });
    expect(run.emit('without', data)?.data).toEqual({ a: '[redacted]', b: 2 });
    expect(run.emit('with', data)?.data).toEqual({ a: '[redacted]', b: '[redacted]' });
    expect(asked).toEqual(['with', 'without']);
  });

  it('removes values without leaving a gap', async () => {
    const run = await start({
      paths: ['data.a', 'data.list.0', 'context.ip'],
      when: (_path, value) => value === 'away',
      action: 'remove',
    });
    const event = run.emit('e', { a: 1, b: 2, list: ['first', 'away', { x: 'away', y: 1 }] }, { ip: 1, id: 2 });

    expect(event).toMatchObject({ context: { id: 2 } });
    expect(event?.context).not.toHaveProperty('ip');
    expect(event?.data).toEqual({ b: 2, list: [{ y: 1 }] });
  });

  it('leaves {} where data or context is removed as a whole', async () => {
    const run = await start({ paths: ['data', 'context'], action: 'remove' });

    expect(run.emit('e', { a: 1 }, { b: 2 })).toMatchObject({ context: {}, data: {} });
    expect(run.emit('e', 'a text')?.data).toEqual({});
  });

  it('writes another mask, also in place of data that is a string', async () => {
    const run = await start({ paths: ['data'], action: { mask: '***' } });

    expect(run.emit('e', 'a text')?.data).toBe('***');
    expect(run.emit('e', ['a', 'list'])?.data).toBe('***');
  });

  it('hashes equal values equally, with the id of the key, and leaves null as it is', async () => {
    const run = await start({ paths: ['context.user_id', 'data.*'], action: { hash } });
    const at = new Date('2026-01-02T03:04:05.678Z');
    const event = run.emit('e', { text: '10938', nobody: null, at, user: { id: 1 } }, { user_id: 10938 });

    expect(event?.context).toEqual({ user_id: `k1:${hmac('10938')}` });
    expect(event?.data).toEqual({
      text: `k1:${hmac('10938')}`,
      nobody: null,
      at: `k1:${hmac('2026-01-02T03:04:05.678Z')}`,
      user: `k1:${hmac('{"id":1}')}`,
    });
  });

  it('gives the hashes of a value by every key, the current one first', () => {
    const [now, before, ...more] = Redact.hashes(10938, hash);

    expect(now).toBe(`k1:${hmac('10938')}`);
    expect(before).toBe(Redact.hashes('10938', { ...hash, current: 'k0' })[0]);
    expect(before).toMatch(/^k0:[0-9a-f]{64}$/);
    expect(more).toEqual([]);
    expect(() => Redact.hashes(1, { keys: {}, current: 'k1' })).toThrow(
      'hash.current is "k1"; expected the id of a key',
    );
  });

  it('calls the predicate again for each event of a scope', async () => {
    let isMeant = false;
    const run = await start({ when: () => isMeant });
    run.run.tracker.context({ ip: '203.0.113.9' }, () => {
      run.run.tracker.emit('e');
      isMeant = true;
      run.run.tracker.emit('e');
    });

    expect(run.events.map(({ context }) => context)).toEqual([{ ip: '203.0.113.9' }, { ip: '[redacted]' }]);
  });

  it('passes the event on unchanged if nothing in it matches', async () => {
    const run = await start({ paths: ['data.a.b.c', 'context.x'], keys: ['y'] });

    for (const data of [{ a: 1 }, { a: { b: [] } }, {}, 'text', [1, 2], 7]) {
      expect(run.emit('e', data)?.data).toEqual(run.untouched.data);
    }
  });
});
