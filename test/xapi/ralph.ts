import type { Statement } from 'nestjs-event-tracking/xapi';

/**
 * Reads statements of an LRS, for tests that have an actor of their own.
 * @param url with user and password: `http://user:password@host/xAPI`
 */
export async function statementsOf(url: string, name: string, homePage: string): Promise<Statement[]> {
  const { username, password, origin, pathname } = new URL(url);
  const agent = JSON.stringify({ account: { name, homePage } });
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const found: Statement[] = [];
  let next: string | undefined = `${pathname}/statements?${new URLSearchParams({ agent }).toString()}`;
  while (next !== undefined) {
    const reply: Response = await fetch(origin + next, {
      headers: { authorization, 'x-experience-api-version': '1.0.3' },
    });
    if (!reply.ok) throw new Error(`the LRS answered ${String(reply.status)}: ${await reply.text()}`);
    const { statements, more } = (await reply.json()) as { statements: Statement[]; more?: string };
    found.push(...statements);
    next = more;
  }
  return found;
}
