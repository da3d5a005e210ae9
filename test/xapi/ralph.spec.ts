/** XapiBackend and a real LRS. What can be planned only (429, 413) is in xapi-backend.spec.ts. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { backend, TrackingDeadLetters, type DeliveryOptions } from 'nestjs-event-tracking';
import {
  toXapi,
  XapiBackend,
  type LearningEvent,
  type XapiBackendOptions,
  type XapiOverride,
  type XapiRow,
} from 'nestjs-event-tracking/xapi';
import { fixedClock } from 'nestjs-event-tracking/testing';
import { eventually } from '../support/eventually';
import { OwnServer } from '../support/own-server';
import { describeWithPrograms, describeWithServices } from '../support/services';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';
import { until } from '../support/until';
import { statementsOf } from './ralph';
import { vectorCases } from './vector-cases';

const rootUrl = 'https://school.example';
const QUICK: DeliveryOptions = { batch: { maxEvents: 8, maxWaitMs: 5 }, retry: { minDelayMs: 1, maxDelayMs: 50 } };
const read: XapiRow = {
  verb: { id: 'https://verbs.example/read', display: 'read' },
  object: { id: { iri: ['pages', '!data.page'] }, type: 'https://types.example/page' },
  result: { response: 'data.answer' },
};

/** An actor that no LRS takes. */
const badIfAnswered: XapiOverride['actor'] = (actor, { data }) =>
  (data as { answer?: string }).answer === undefined ? actor : { objectType: 'Agent', mbox: 'mailto:secret' };

/** An application that sends the pages that one user reads. */
class Reader {
  private constructor(
    private readonly url: string,
    readonly user: string,
    readonly run: BuiltTracking,
    readonly logger: RecordingLogger,
  ) {}

  static async start(
    url: string,
    options: Partial<XapiBackendOptions> = {},
    user: string = randomUUID(),
  ): Promise<Reader> {
    const logger = new RecordingLogger();
    const all: XapiBackendOptions = { url, rootUrl, ids: 'event', rows: { 'page.read': read }, ...options };
    const run = await startTracking({
      ...{ logger, clock: fixedClock('2026-03-01T10:00:00.250Z') },
      backends: { lrs: backend(XapiBackend, all, { delivery: QUICK }) },
    });
    return new Reader(url, user, run, logger);
  }

  /** All events have one time: with `ids: 'openedx'` those of one user have one id. */
  read(...pages: readonly (string | { page: string; answer: string })[]): void {
    for (const page of pages) this.readAs(this.user, page);
  }

  readAs(user_id: string, page: string | { page: string; answer: string }): void {
    this.run.tracker.context({ user_id }, () => {
      this.run.tracker.emit('page.read', typeof page === 'string' ? { page } : page);
    });
  }

  async settled(delivered: number, deadLettered = 0): Promise<void> {
    const counts = () => this.run.ledger.destination('lrs');
    await eventually(() => expect(counts()).toMatchObject({ delivered, deadLettered, pending: 0 }));
    expectBalance(this.run.ledger);
  }

  get reasons(): readonly string[] {
    const letters = this.run.app.get(TrackingDeadLetters).list();
    return letters.map(({ reason }) => reason);
  }

  async pages(user = this.user): Promise<string[]> {
    const statements = await statementsOf(this.url, user, rootUrl);
    return statements.map(({ object }) => (object as { id: string }).id.replace(`${rootUrl}/pages/`, '')).sort();
  }
}

describeWithServices(['lrs'], 'XapiBackend with Ralph', ({ lrs }) => {
  const place = (): string => {
    const { origin, pathname } = new URL(lrs);
    return `${origin}${pathname}/statements`;
  };

  it('stores the statements that toXapi gives, of every event of Open edX', async () => {
    const actor: string = randomUUID();
    const mapping = { rootUrl, ids: 'event' as const, courseName: () => 'Demonstration Course' };
    const plain = vectorCases(join(__dirname, 'vectors')).filter(({ error, agent }) => !error && agent === 'account');
    const events = plain.map(({ raw }) => ({ ...raw, id: randomUUID() })) as readonly LearningEvent[];
    const convert = toXapi({ ...mapping, actor: () => actor });
    // Ralph takes the time of storing for a statement without one, and does not know it again.
    const isWhole = (event: LearningEvent): boolean => {
      try {
        return convert(event).some(({ timestamp }) => timestamp !== undefined);
      } catch {
        return false;
      }
    };
    const whole = events.filter(isWhole);
    expect(whole.length).toBeGreaterThan(80);
    const sender = new XapiBackend({ url: lrs, ...mapping, actor: () => actor });
    const signal = AbortSignal.timeout(30_000);
    expect(await sender.sendBatch(whole as never, signal)).toEqual([]);
    sender.onApplicationShutdown();

    const made = new Map(whole.flatMap(convert).map((statement) => [statement.id, statement]));
    const stored = await statementsOf(lrs, actor, rootUrl);
    expect(stored).toHaveLength(made.size);
    for (const statement of stored) {
      const sent: unknown = JSON.parse(JSON.stringify(made.get(statement.id)));
      expect(statement).toEqual({ ...(sent as object), stored: expect.any(String), authority: expect.anything() });
    }
  });

  describe.each([false, true])('with partialSuccess: %s', (partialSuccess) => {
    it('counts statements that Ralph has already as delivered, alone and among new ones', async () => {
      const reader = await Reader.start(lrs, { ids: 'openedx', partialSuccess });
      reader.read('one', 'one');
      await reader.settled(2);
      reader.read('one');
      await reader.settled(3);
      expect(reader.reasons).toEqual([]);
      expect(await reader.pages()).toEqual(['one']);
    });

    it('makes only the statement in conflict a dead letter, with the words of Ralph', async () => {
      const first = await Reader.start(lrs, { ids: 'openedx' });
      first.read('one');
      await first.settled(1);
      const reader = await Reader.start(lrs, { ids: 'openedx', partialSuccess }, first.user);
      // Statements of other users have other ids.
      const neighbors = Array.from({ length: 7 }, (): string => randomUUID());
      for (const user of neighbors.slice(0, 4)) reader.readAs(user, 'new');
      reader.read('another');
      for (const user of neighbors.slice(4)) reader.readAs(user, 'new');
      await reader.settled(7, 1);
      expect(reader.reasons).toEqual([
        expect.stringContaining(`${place()} answered 409 (Conflict): Differing statements already exist`),
      ]);
      expect(await reader.pages()).toEqual(['one']);
      for (const user of neighbors) expect(await reader.pages(user)).toEqual(['new']);
    });

    it('makes only the invalid statement a dead letter, without the values that Ralph quotes', async () => {
      const override = { 'page.read': { actor: badIfAnswered } };
      const reader = await Reader.start(lrs, { partialSuccess, override });
      reader.read('1', '2', '3', { page: '4', answer: 'bad' }, '5', '6', '7', '8');
      await reader.settled(7, 1);
      expect(await reader.pages()).toEqual(['1', '2', '3', '5', '6', '7', '8']);
      const [reason = ''] = reader.reasons;
      expect(reason).toMatch(/^refused: .*actor.*mbox: value is not a valid email address/);
      expect(reason).not.toContain('secret');
    });

    it('stores what Ralph takes of the statements of one event', async () => {
      const verb = { id: 'https://verbs.example/read' };
      const draft = (id: string, key?: string) => ({ verb, object: { id: `${rootUrl}/pages/${id}` }, key });
      const first = await Reader.start(lrs, { ids: 'openedx', rows: { 'page.read': () => [draft('old')] } });
      first.read('any');
      await first.settled(1);
      const rows = { 'page.read': () => [draft('conflict'), draft('good', 'b'), draft('last', 'c')] };
      const reader = await Reader.start(lrs, { ids: 'openedx', partialSuccess, rows }, first.user);
      reader.read('any');
      await reader.settled(0, 1);
      expect(reader.reasons).toEqual([expect.stringMatching(/^refused: statement 1 of 3: .*409/)]);
      expect(await reader.pages()).toEqual(['good', 'last', 'old']);
    });

    it('makes an invalid statement among stored ones a dead letter', async () => {
      const options = { ids: 'openedx' as const, partialSuccess, override: { 'page.read': { actor: badIfAnswered } } };
      const reader = await Reader.start(lrs, options);
      reader.read('one');
      await reader.settled(1);
      reader.read('one', { page: 'one', answer: 'bad' });
      await reader.settled(2, 1);
      expect(await reader.pages()).toEqual(['one']);
    });
  });

  it('keeps events while the credentials are wrong, and says what to check', async () => {
    const { origin, pathname, username, password } = new URL(lrs);
    const auth = { username, password: 'wrong' };
    const reader = await Reader.start(lrs, { url: origin + pathname, auth });
    reader.read('1', '2', '3');
    await until(() => reader.logger.warnings.length > 0);
    expect(reader.logger.warnings[0]).toContain(`${place()} answered 401 (Unauthorized): check the credentials`);
    expect(reader.logger.warnings.join()).not.toContain('wrong');
    expect(reader.run.ledger.destination('lrs')).toMatchObject({ pending: 3, deadLettered: 0 });
    auth.password = password;
    await reader.settled(3);
  });
});

describeWithPrograms(['lrs'], 'XapiBackend while Ralph is killed', ({ lrs: program }) => {
  let server: OwnServer;
  beforeEach(async () => {
    server = await OwnServer.start(program);
  });
  afterEach(() => server.remove());

  it('loses no event and sends none twice', async () => {
    const reader = await Reader.start(`${server.url}/xAPI`);
    const delivered = (): number => reader.run.ledger.destination('lrs')?.delivered ?? 0;
    const pages = Array.from({ length: 800 }, (_, n) => `p${String(n).padStart(3, '0')}`);
    for (const [n, page] of pages.entries()) {
      reader.read(page);
      if (n % 20 === 19) await until(() => delivered() > n - 200 || n > 300);
      if (n === 300) await server.kill();
    }
    expect(reader.run.ledger.destination('lrs')?.pending).toBeGreaterThan(0);
    await server.start();
    await until(() => delivered() === pages.length, delivered, 30_000);
    await reader.settled(pages.length);
    expect(await statementsOf(`${server.url}/xAPI`, reader.user, rootUrl)).toHaveLength(pages.length);
  }, 60_000);
});
