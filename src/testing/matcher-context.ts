import { inspect } from 'node:util';

/** Subset of the `this` that Jest and Vitest pass to a matcher. The package imports neither. */
export interface MatcherContext {
  readonly isNot?: boolean | undefined;
  readonly promise?: string | undefined;
  readonly expand?: boolean | undefined;
  /** Printers of the test framework. */
  readonly utils?:
    | {
        matcherHint?(name: string, received?: string, expected?: string, options?: object): string;
        printExpected?(value: unknown): string;
        printReceived?(value: unknown): string;
        diff?(expected: unknown, received: unknown, options?: object): string | null | undefined;
      }
    | undefined;
}

export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

/** Formats failures with the printers of the test framework, or as plain text without them. */
export class Voice {
  constructor(private readonly context: MatcherContext) {}

  get isNot(): boolean {
    return this.context.isNot === true;
  }

  /** Formats the call, for example `expect(events).not.toHaveTracked("problem_check")`. */
  hint(matcher: string, given: readonly string[]): string {
    const { isNot, promise, utils } = this.context;
    const [first = '', ...others] = given;
    return (
      utils?.matcherHint?.(matcher, 'events', first, { isNot, promise, secondArgument: others.join(', ') }) ??
      `expect(events)${this.isNot ? '.not' : ''}.${matcher}(${given.join(', ')})`
    );
  }

  expected(value: unknown): string {
    return this.context.utils?.printExpected?.(value) ?? inspect(value, { depth: 6 });
  }

  received(value: unknown): string {
    return this.context.utils?.printReceived?.(value) ?? inspect(value, { depth: 6 });
  }

  diff(expected: unknown, received: unknown): string {
    const { utils, expand } = this.context;
    return (
      utils?.diff?.(expected, received, { expand }) ??
      `Expected: ${this.expected(expected)}\nReceived: ${this.received(received)}`
    );
  }
}
