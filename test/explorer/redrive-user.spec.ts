import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { backend, MemoryBackend, NameAllowlist, processor } from '../../src/entries';
import type { RequestContextOptions } from '../../src/entries';
import type { JobState } from '../../src/explorer/api';
import { until } from '../support/until';
import { ADAPTERS, Refusing, startExplorer, type AdapterName } from './start-explorer';

const quick = { batch: { maxWaitMs: 1 } };
const LETTERS = 300;

/** A guard of an application: it knows the operators by their token, and says who it is. */
@Injectable()
class OperatorGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined>; user?: object }>();
    const [, name] = /^Bearer operator-(\w+)$/.exec(request.headers['authorization'] ?? '') ?? [];
    if (name === undefined) return false;
    request.user = { id: `id-of-${name}`, username: name };
    return true;
  }
}

beforeEach(() => {
  Refusing.isDown = true;
});

describe.each(Object.keys(ADAPTERS) as AdapterName[])('On %s, the event of an action', (adapter) => {
  /** Makes dead letters, lets two operators act on them, and returns who the events name. */
  async function namedBy(action: 'redrive' | 'purge', requestContext: RequestContextOptions = {}): Promise<unknown> {
    const only = processor(NameAllowlist, { names: ['lost', 'other'] });
    const { tracker, url, post } = await startExplorer({
      adapter,
      tracking: {
        requestContext,
        backends: {
          lrs: backend(Refusing, {}, { processors: [only], delivery: quick }),
          audit: backend(MemoryBackend, { maxEvents: 5000 }),
        },
      },
      explorer: { guards: [OperatorGuard] },
    });
    for (let at = 0; at < LETTERS; at++) tracker.emit(at === 0 ? 'other' : 'lost');
    await until(() => tracker.ledger.destination('lrs')?.deadLettered === LETTERS);
    const [id] = tracker.deadLetters
      .list({ where: ({ event }) => event.name === 'other' })
      .map(({ event }) => event.id);
    Refusing.isDown = false;
    expect((await post(`api/dead-letters/${action}`, { all: true })).status).toBe(403);
    const act = async (name: string, body: object): Promise<void> => {
      const headers = { 'x-tracking-explorer': '1', authorization: `Bearer operator-${name}` };
      const response = await post(`api/dead-letters/${action}`, body, headers);
      expect(response.status).toBe(202);
      const job = (await response.json()) as JobState;
      await until(async () => {
        const state = (await (await fetch(`${url}/api/jobs/${job.id}`, { headers })).json()) as JobState;
        return state.state === 'done';
      });
    };
    await act('ada', { id });
    await act('bob', { all: true });
    const events = tracker.backend<MemoryBackend>('audit').events();
    return events
      .filter(({ name }) => name.startsWith('tracking.dead_letters.'))
      .map(({ name, context, data }) => [name, context['user_id'], context['username'], data['letters']]);
  }

  it.each(['redrive', 'purge'] as const)('names the operator whom the guard let in (%s)', async (action) => {
    const name = action === 'redrive' ? 'tracking.dead_letters.redriven' : 'tracking.dead_letters.purged';
    expect(await namedBy(action)).toEqual([
      [name, 'id-of-ada', 'ada', 1],
      [name, 'id-of-bob', 'bob', LETTERS - 1],
    ]);
  });

  it('names the operator too if events after a response lose the context of the request', async () => {
    expect(await namedBy('redrive', { afterResponse: 'drop' })).toEqual([
      ['tracking.dead_letters.redriven', 'id-of-ada', 'ada', 1],
      ['tracking.dead_letters.redriven', 'id-of-bob', 'bob', LETTERS - 1],
    ]);
  });
});
