import { backend, MemoryBackend, TrackingConfigException, type MemoryBackendOptions } from 'nestjs-event-tracking';
import { buildTracking, startTracking, type BuiltTracking } from '../../support/start-tracking';

async function start(options?: MemoryBackendOptions): Promise<{ run: BuiltTracking; memory: MemoryBackend }> {
  const run = await startTracking({ backends: { sink: backend(MemoryBackend, options) } });
  return { run, memory: run.tracker.backend<MemoryBackend>('sink') };
}

function numbers(memory: MemoryBackend, name?: string): unknown[] {
  return memory.events(name).map(({ data }) => data['at']);
}

describe('MemoryBackend', () => {
  it('keeps what was emitted, oldest first, each with its id', async () => {
    const { run, memory } = await start();
    run.tracker.emit('a', { at: 0 });
    run.tracker.emit('b', { at: 1 });
    expect(memory.events()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'a',
        timestamp: expect.any(Date),
        context: {},
        data: { at: 0 },
      },
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'b',
        timestamp: expect.any(Date),
        context: {},
        data: { at: 1 },
      },
    ]);
    expect(memory.evicted).toBe(0);
  });

  it('has nothing at first', async () => {
    const { memory } = await start();
    expect([memory.events(), memory.last(), memory.last('a'), memory.evicted]).toEqual([[], undefined, undefined, 0]);
  });

  it.each([1, 2, 3, 7])('keeps the last %p and counts those that gave way', async (maxEvents) => {
    const { run, memory } = await start({ maxEvents });
    for (let at = 0; at < 20; at++) {
      run.tracker.emit('e', { at });
      const first = Math.max(0, at + 1 - maxEvents);
      expect(numbers(memory)).toEqual(Array.from({ length: at + 1 - first }, (_event, index) => first + index));
      expect(memory.last()?.data).toEqual({ at });
      expect(memory.evicted).toBe(first);
    }
  });

  it('keeps 1000 by default', async () => {
    const { run, memory } = await start();
    for (let at = 0; at < 1001; at++) run.tracker.emit('e', { at });
    expect(numbers(memory)).toEqual(Array.from({ length: 1000 }, (_event, index) => index + 1));
    expect(memory.evicted).toBe(1);
  });

  it('finds events by their name, across the seam of what gave way', async () => {
    const { run, memory } = await start({ maxEvents: 5 });
    for (let at = 0; at < 13; at++) run.tracker.emit(at % 2 === 0 ? 'even' : 'odd', { at });
    expect(numbers(memory, 'even')).toEqual([8, 10, 12]);
    expect(numbers(memory, 'odd')).toEqual([9, 11]);
    expect(memory.last('odd')?.data).toEqual({ at: 11 });
    expect(memory.events('none')).toEqual([]);
    expect(memory.events('')).toEqual([]);
  });

  it('forgets all at clear, goes on from there, and counts on', async () => {
    const { run, memory } = await start({ maxEvents: 3 });
    for (let at = 0; at < 5; at++) run.tracker.emit('e', { at });
    memory.clear();
    expect([memory.events(), memory.last(), memory.evicted]).toEqual([[], undefined, 2]);
    for (let at = 5; at < 9; at++) run.tracker.emit('e', { at });
    expect(numbers(memory)).toEqual([6, 7, 8]);
    expect(memory.evicted).toBe(3);
  });

  it('gives copies: what a reader changes, the next does not see', async () => {
    const { run, memory } = await start();
    run.tracker.context({ user: { id: 1 } }, () => run.tracker.emit('e', { list: [{ a: 1 }], at: new Date(1) }));
    for (const event of [memory.events()[0]!, memory.last()!, memory.events('e')[0]!]) {
      event.name = 'changed';
      event.timestamp.setTime(0);
      (event.data['list'] as object[]).push({});
      (event.data['at'] as Date).setTime(0);
      (event.context['user'] as { id: number }).id = 2;
    }
    expect(memory.last()).toMatchObject({
      name: 'e',
      context: { user: { id: 1 } },
      data: { list: [{ a: 1 }], at: new Date(1) },
    });
    expect(memory.last()!.timestamp.getTime()).toBeGreaterThan(0);
    run.tracker.context({}, () => run.tracker.emit('f'));
    expect(run.last().context).toEqual({});
  });

  it('has the event as its own processors left it, under its new name', async () => {
    const run = await startTracking({
      backends: {
        a: backend(MemoryBackend, {}, { processors: [(event) => ({ ...event, name: 'renamed', extra: 1 })] }),
        b: backend(MemoryBackend),
      },
    });
    run.tracker.emit('e');
    expect(run.tracker.backend<MemoryBackend>('a').last('renamed')).toMatchObject({ name: 'renamed', extra: 1 });
    expect(run.tracker.backend<MemoryBackend>('a').last('e')).toBeUndefined();
    expect(run.tracker.backend<MemoryBackend>('b').last('e')).not.toHaveProperty('extra');
  });

  it('does not hold on to what the caller handed over', async () => {
    const { run, memory } = await start();
    const data = { list: [1] };
    run.tracker.emit('e', data);
    data.list.push(2);
    expect(memory.last()?.data).toEqual({ list: [1] });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', null, true])(
    'refuses %p as maxEvents, with its place and a fix',
    async (maxEvents) => {
      const refused = buildTracking({ backends: { sink: backend(MemoryBackend, { maxEvents: maxEvents as number }) } });
      await expect(refused).rejects.toMatchObject({
        errors: [
          {
            path: 'backends.sink (MemoryBackend)',
            what: expect.stringMatching(/^maxEvents is .*; expected a whole number, at least 1\.$/),
            fix: expect.stringContaining('backend(MemoryBackend, { maxEvents: 100 })'),
          },
        ],
      });
      await expect(refused).rejects.toBeInstanceOf(TrackingConfigException);
    },
  );
});
