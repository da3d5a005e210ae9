import { backend, HttpBackend, SendFailedException, type BackendDescription } from '../../src/entries';
import { XapiBackend, type XapiRow } from '../../src/entries/xapi';
import type { AttemptTrace, EventDetail, EventPage } from '../../src/explorer/api';
import { HttpSink } from '../support/http-sink';
import { until } from '../support/until';
import { startExplorer } from './start-explorer';

const delivery = {
  ...{ timeoutMs: 300, batch: { maxWaitMs: 1 } },
  retry: { attempts: 10, minDelayMs: 1, maxDelayMs: 5 },
};

let sink: HttpSink;
beforeEach(async () => {
  sink = await HttpSink.listen({ ids: () => [] });
});
afterEach(() => sink.close());

/** Emits one event, and returns the attempts that the explorer shows once it is settled. */
async function attemptsOf(lrs: BackendDescription, name = 'a', data: object = {}): Promise<readonly AttemptTrace[]> {
  const { get, tracker } = await startExplorer({ tracking: { backends: { lrs } } });
  tracker.context({ user_id: 'ada' }, () => {
    tracker.emit(name, data);
  });
  const { ledger } = tracker;
  await until(() => ledger.destination('lrs')?.pending === 0);
  const { rows } = await get<EventPage>('api/events');
  return (await get<EventDetail>(`api/events/${rows[0]!.id}`)).attempts;
}

const http = (): BackendDescription => backend(HttpBackend, { url: sink.url }, { delivery });
const shown = (attempts: readonly AttemptTrace[]): unknown[] =>
  attempts.map(({ result, status, error }) => [result, status, error]);

describe('The attempts of one event', () => {
  it('show the status that an HTTP server answered, a timeout as such, and the error', async () => {
    sink.misbehave({ status: 503 }, 'stall', 'reset', { status: 202 });
    const attempts = await attemptsOf(http());
    expect(shown(attempts)).toEqual([
      ['failed', 503, expect.stringMatching(/answered 503 \(Service Unavailable\)$/)],
      ['timeout', undefined, 'no answer within 300 ms'],
      ['failed', undefined, expect.stringMatching(/: ECONNRESET$/)],
      ['delivered', 202, undefined],
    ]);
    expect(attempts[1]!.tookMs).toBeGreaterThan(250);
  });

  it('show a refusal with its status', async () => {
    sink.misbehave({ status: 422 });
    expect(shown(await attemptsOf(http()))).toEqual([
      ['rejected', 422, expect.stringMatching(/answered 422 \(Unprocessable (Entity|Content)\)$/)],
    ]);
  });

  it('show the status of an LRS, and its words', async () => {
    sink.misbehave({ status: 400, body: '{"detail":"no verb"}' });
    const row: XapiRow = { verb: { id: 'https://v.example/read' }, object: { id: { iri: ['pages', '!data.page'] } } };
    const options = { url: sink.url, rootUrl: 'https://school.example', rows: { 'page.read': row } };
    expect(shown(await attemptsOf(backend(XapiBackend, options, { delivery }), 'page.read', { page: 'p' }))).toEqual([
      ['rejected', 400, expect.stringContaining('no verb')],
    ]);
  });

  it('show the status that a destination of the application reports', async () => {
    let calls = 0;
    class Own {
      async sendBatch(): Promise<void> {
        await Promise.resolve();
        if (calls++ === 0) throw SendFailedException.create({ reason: 'busy', retryable: true, status: 429 });
      }
    }
    expect(shown(await attemptsOf(backend(Own, {}, { delivery })))).toEqual([
      ['failed', 429, 'busy'],
      ['delivered', undefined, undefined],
    ]);
  });
});
