import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotConfirmedException, type ConfirmedEvent } from 'nestjs-event-tracking';

const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
export const newPath = (): string => join(folder, `${++files}.log`);

/** A log that nobody can write, root included: its directory is a file. */
export function unwritablePath(): string {
  const file = join(folder, `${++files}.file`);
  writeFileSync(file, '');
  return join(file, 'child.log');
}

/** The rejection itself; fails if there is none. */
export async function refusal(confirmed: Promise<ConfirmedEvent>): Promise<NotConfirmedException> {
  const outcome: unknown = await confirmed.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(NotConfirmedException);
  return outcome as NotConfirmedException;
}
