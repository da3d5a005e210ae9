/**
 * A learning record store on node:http that answers as Ralph does: a refused statement refuses its
 * whole request, an identical one is stored already, and one that differs is a conflict.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Statement } from 'nestjs-event-tracking/xapi';

export interface LrsRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly statements: readonly Statement[];
  readonly status: number;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LrsRules {
  /** Returns what is wrong with a statement.  @default nothing is */
  readonly invalid?: (statement: Statement) => string | undefined;
  readonly authorization?: string;
  readonly maxStatements?: number;
}

export class TestLrs {
  readonly stored = new Map<string, Statement>();
  readonly requests: LrsRequest[] = [];
  private readonly planned: Answer[] = [];

  private constructor(
    private readonly server: Server,
    private readonly rules: LrsRules,
  ) {}

  static async listen(rules: LrsRules = {}): Promise<TestLrs> {
    const server = createServer();
    const lrs = new TestLrs(server, rules);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void lrs.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return lrs;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/xAPI`;
  }

  /** Answers the next requests like this, without storing anything. */
  plan(...answers: readonly Answer[]): void {
    this.planned.push(...answers);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const statements = JSON.parse(text) as readonly Statement[];
    const { status, body, headers = {} } = this.planned.shift() ?? this.answer(request, statements);
    this.requests.push({ path: request.url ?? '', headers: request.headers, statements, status });
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  }

  private answer({ headers, url = '' }: IncomingMessage, statements: readonly Statement[]): Answer {
    const { authorization, maxStatements = Infinity, invalid = () => undefined } = this.rules;
    if (authorization !== undefined && headers.authorization !== authorization)
      return { status: 401, body: { detail: 'Invalid authentication credentials' } };
    if (headers['x-experience-api-version'] === undefined) return { status: 400, body: { detail: 'no version' } };
    if (statements.length > maxStatements) return { status: 413 };
    if (new Set(statements.map(({ id }) => id)).size < statements.length)
      return { status: 400, body: { detail: 'Duplicate statement IDs in the list of statements' } };
    const errors = statements.flatMap((each, index) => {
      const problem = invalid(each);
      return problem === undefined ? [] : [{ index, reason: problem }];
    });
    const valid = statements.filter((each) => invalid(each) === undefined);
    if (errors.length > 0 && !url.includes('partialSuccess=true'))
      return {
        status: 422,
        body: { detail: errors.map(({ index, reason }) => ({ loc: ['body', index], msg: reason })) },
      };
    return this.store(valid, url.includes('partialSuccess=true') ? errors : undefined);
  }

  /** @param errors of a request that reports them, with partialSuccess */
  private store(statements: readonly Statement[], errors: readonly object[] | undefined): Answer {
    for (const statement of statements) {
      const known = this.stored.get(statement.id);
      if (known === undefined || isDeepStrictEqual(known, statement)) continue;
      const reason = `Differing statements already exist with the same ID: ${statement.id}`;
      return { status: 409, body: errors === undefined ? { detail: reason } : reportOf(0, [{ index: -1, reason }]) };
    }
    const fresh = statements.filter(({ id }) => !this.stored.has(id));
    for (const statement of fresh) this.stored.set(statement.id, statement);
    if (errors !== undefined) return { status: fresh.length === 0 ? 400 : 200, body: reportOf(fresh.length, errors) };
    return fresh.length === 0 ? { status: 204 } : { status: 200, body: fresh.map(({ id }) => id) };
  }
}

function reportOf(inserted: number, errors: readonly object[]): object {
  return { inserted, rejected: errors.length, errors };
}
