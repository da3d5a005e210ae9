/**
 * docs/reference/messages.md is searched for the words of a message: each message that it quotes
 * must be one that the code has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/**
 * Every source as one text, in which strings that are joined by + or by a line break of a template
 * are whole.
 */
function sourceText(): string {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
    .replace(/['"`]\s*\+\s*['"`]/g, '')
    .replace(/\\(['"`])/g, '$1');
}

/**
 * The quoted messages of the first column; those of other programs name the program in parentheses
 * after them.
 */
function messagesOf(page: string): string[] {
  const others = /\((from (?:Nest|Node|TypeScript|the shell)|Vitest|Jest|`@swc\/jest`)\)/;
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ')[0] ?? '')
    .filter((cell) => !others.test(cell))
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message));
}

describe('docs/reference/messages.md', () => {
  it('quotes only messages that the code has', () => {
    const source = sourceText();
    const messages = messagesOf(readFileSync(join(root, 'docs/reference/messages.md'), 'utf8'));
    const fragments = messages.flatMap((message) => message.split('…').map((part) => part.trim()));
    const sentences = fragments.filter((fragment) => fragment.split(' ').length >= 3);

    expect(sentences.length).toBeGreaterThan(100);
    expect(sentences.filter((sentence) => !source.includes(sentence))).toEqual([]);
  });
});
