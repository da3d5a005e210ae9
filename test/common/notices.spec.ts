import fc from 'fast-check';
import { Notices, type InputNotice } from '../../src/common/notices';
import { heapUsed } from '../support/heap-used';
import { RecordingLogger } from '../support/start-tracking';

const KINDS: readonly InputNotice[] = ['replaced value', 'event name', 'context', 'catalog violation'];

function made(): { notices: Notices; warnings: readonly string[] } {
  const logger = new RecordingLogger();
  return { notices: new Notices(logger), warnings: logger.warnings };
}

describe('A warning whose key is made by code', () => {
  it('is logged once for each key', () => {
    const { notices, warnings } = made();
    for (const key of ['lost a', 'lost b', 'lost a']) notices.once(key, () => key);
    expect(warnings).toEqual(['lost a', 'lost b']);
  });

  it('is logged however many warnings users have caused before', () => {
    const { notices, warnings } = made();
    for (const kind of KINDS) {
      for (let at = 0; at < 5000; at++)
        notices.aboutInput(
          kind,
          () => [String(at)],
          () => `${kind} ${at}`,
        );
    }
    notices.once('lost', () => 'events are lost');
    expect(warnings.at(-1)).toBe('events are lost');
  });
});

describe('A warning whose key is made of user input', () => {
  it('is logged once for each combination of its parts', () => {
    const { notices, warnings } = made();
    const warn = (...parts: string[]) =>
      notices.aboutInput(
        'context',
        () => parts,
        () => parts.join('+'),
      );
    expect([warn('a', 'b'), warn('a', 'b'), warn('ab'), warn('b', 'a')]).toEqual([true, false, true, true]);
    expect(warnings).toEqual(['a+b', 'ab', 'b+a']);
  });

  it('is logged for a hundred of its kind, and then once that there are more', () => {
    const { notices, warnings } = made();
    for (let at = 0; at < 300; at++)
      notices.aboutInput(
        'event name',
        () => [String(at)],
        () => String(at),
      );
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toBe(
      'there were 100 warnings of this kind (event name); further ones are not logged, but counted.',
    );
    notices.aboutInput(
      'context',
      () => ['other'],
      () => 'of another kind',
    );
    expect(warnings.at(-1)).toBe('of another kind');
  });

  it('costs nothing once the budget is spent: neither its key nor its text is made', () => {
    const { notices } = made();
    for (let at = 0; at < 101; at++)
      notices.aboutInput(
        'context',
        () => [String(at)],
        () => 'warned',
      );
    const make = jest.fn(() => ['more']);
    const text = jest.fn(() => 'more');
    expect(notices.aboutInput('context', make, text)).toBe(false);
    expect(make).not.toHaveBeenCalled();
    expect(text).not.toHaveBeenCalled();
  });

  it('keeps no more of a part than tells it from others', () => {
    const { notices } = made();
    const before = heapUsed();
    for (let at = 0; at < 90; at++)
      notices.aboutInput(
        'replaced value',
        () => [`${at}${'x'.repeat(1_000_000)}`],
        () => 'warned',
      );
    expect(heapUsed() - before).toBeLessThan(5_000_000);
  });
});

describe('A line in the log', () => {
  it('is one line, bounded and printable, by whatever method and of whatever text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 }).map((part) => `${part}\n\u001b[2K${part.repeat(50)}`);
    fc.assert(
      fc.property(text, (line) => {
        const { notices, warnings } = made();
        notices.once('a', () => line);
        notices.warn(line);
        notices.aboutInput(
          'context',
          () => [line],
          () => line,
        );
        expect(warnings).toHaveLength(3);
        for (const warning of warnings) {
          expect(warning).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
          expect(warning.length).toBeLessThanOrEqual(4000);
        }
      }),
    );
  });

  it('costs nobody anything if the logger throws', () => {
    const notices = new Notices({ warn: fails, log: fails, error: fails });
    notices.once('a', () => 'text');
    notices.warn('text');
    notices.tell('text');
  });

  it('is tried again if the stack was at its end', () => {
    const logged: unknown[] = [];
    let isAtEnd = true;
    const logger = {
      warn(message: unknown): void {
        if (isAtEnd) throw new RangeError('Maximum call stack size exceeded');
        logged.push(message);
      },
      log(): void {},
      error(): void {},
    };
    const notices = new Notices(logger);
    notices.once('a', () => 'text');
    isAtEnd = false;
    notices.once('a', () => 'text');
    expect(logged).toEqual(['text']);
  });

  it('is not logged again and again by a logger that causes it', () => {
    let notices: Notices | undefined = undefined as Notices | undefined;
    let count = 0;
    const warn = (): void => {
      count++;
      notices?.once('a', () => 'text');
    };
    notices = new Notices({ warn, log: warn, error: warn });
    notices.once('a', () => 'text');
    expect(count).toBe(1);
  });
});

function fails(): never {
  throw new Error('no logger');
}
