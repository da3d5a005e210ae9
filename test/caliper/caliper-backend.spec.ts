import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backend, TrackingConfigException, TrackingDeadLetters } from 'nestjs-event-tracking';
import {
  CALIPER_CONTEXT,
  CaliperBackend,
  type CaliperBackendOptions,
  type CaliperEnvelope,
} from 'nestjs-event-tracking/caliper';
import { eventually } from '../support/eventually';
import { expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';

/** A Caliper endpoint that refuses an envelope with an object that it does not know. */
class TestEndpoint {
  readonly envelopes: CaliperEnvelope[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  readonly statuses: number[] = [];

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<TestEndpoint> {
    const server = createServer();
    const endpoint = new TestEndpoint(server);
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const envelope = JSON.parse(text) as CaliperEnvelope;
        const isBad = envelope.data.some(({ object }) => object.id.endsWith('/bad'));
        const status = endpoint.statuses.shift() ?? (isBad ? 400 : 200);
        endpoint.headers.push(request.headers);
        if (status === 200) endpoint.envelopes.push(envelope);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(isBad ? JSON.stringify({ message: 'unknown object https://school.example/pages/bad' }) : '{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/caliper`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let endpoint: TestEndpoint;
beforeEach(async () => {
  endpoint = await TestEndpoint.listen();
});
afterEach(() => endpoint.close());

const rows: CaliperBackendOptions['rows'] = {
  'page.read': {
    type: 'ViewEvent',
    action: 'Viewed',
    object: { id: { iri: ['pages', '!data.page'] }, type: 'WebPage' },
  },
};

function started(options: Partial<CaliperBackendOptions> = {}): Promise<BuiltTracking> {
  const all = { url: endpoint.url, rootUrl: 'https://school.example', rows, ...options };
  const delivery = { batch: { maxEvents: 4, maxWaitMs: 5 }, retry: { minDelayMs: 1, maxDelayMs: 5 } };
  return startTracking({ backends: { caliper: backend(CaliperBackend, all, { delivery }) } });
}

function emit(run: BuiltTracking, ...pages: readonly string[]): void {
  run.tracker.context({ user_id: 'ada' }, () => {
    for (const page of pages) run.tracker.emit('page.read', { page });
  });
}

const settled = (run: BuiltTracking, delivered: number, deadLettered = 0) =>
  eventually(() => expect(run.ledger.destination('caliper')).toMatchObject({ delivered, deadLettered, pending: 0 }));

describe('CaliperBackend', () => {
  it('sends the events of a batch in one envelope', async () => {
    const run = await started({
      sensor: 'https://school.example/sensor',
      auth: { token: 't' },
      headers: { 'x-a': 'b' },
    });
    emit(run, 'a', 'b', 'c', 'd');
    await settled(run, 4);
    expect(endpoint.headers).toEqual([expect.objectContaining({ authorization: 'Bearer t', 'x-a': 'b' })]);
    const [envelope] = endpoint.envelopes;
    expect(envelope).toMatchObject({ sensor: 'https://school.example/sensor', dataVersion: CALIPER_CONTEXT });
    expect(envelope?.data.map(({ object }) => object.id.slice(-1))).toEqual(['a', 'b', 'c', 'd']);
    expectBalance(run.ledger);
  });

  it('makes only the refused event a dead letter, without the values that the server quotes', async () => {
    const run = await started();
    emit(run, 'a', 'bad', 'c');
    await settled(run, 2, 1);
    const letters = run.app.get(TrackingDeadLetters).list();
    expect(letters.map(({ reason }) => reason)).toEqual([
      `refused: ${endpoint.url} answered 400 (Bad Request): unknown object …`,
    ]);
  });

  it('gives an event the same id when it is sent again', async () => {
    const run = await started();
    endpoint.statuses.push(503, 401);
    emit(run, 'a');
    await settled(run, 1);
    expect(endpoint.headers).toHaveLength(3);
    expect(endpoint.envelopes[0]?.data[0]?.id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('waits for the actor, and makes an incomplete event a dead letter', async () => {
    const run = await started({ actor: async (_event, user) => Promise.resolve(`id-of-${user}`) });
    emit(run, 'a', '');
    await settled(run, 1, 1);
    expect(endpoint.envelopes[0]?.data[0]?.actor.id).toBe('https://school.example/user/id-of-ada');
  });

  it('drops events without a row, counted by reason', async () => {
    const run = await started();
    run.tracker.emit('nothing.for.caliper', {});
    await run.tracker.flush();
    expect(run.ledger.node('caliper')?.dropped).toEqual({ 'no-caliper-event': 1 });
  });

  it('reports all errors in its options', () => {
    const make = () => new CaliperBackend({ sensor: 1, auth: 'x' } as never);
    expect(make).toThrow(TrackingConfigException);
    for (const part of ['url', 'rootUrl', 'sensor', 'auth']) expect(make).toThrow(part);
  });
});
