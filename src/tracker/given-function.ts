import { isPromise } from '../routing/processor-step';

/**
 * Wraps a function that an application gave to a decorator to create values for a call.
 * The function must be synchronous, since nothing waits for it. It may call methods that carry the
 * same decorator; it is not called again inside itself.
 */
export class GivenFunction<Argument> {
  /**
   * True while the function is running. The function is synchronous, so this describes the current
   * flow.
   */
  isRunning = false;
  private isAsync = false;

  constructor(private readonly give: (argument: Argument) => unknown) {}

  /**
   * Calls the function.
   * @throws any error of the function; TypeError if it returns a promise or is called inside itself
   */
  call(argument: Argument): object | undefined {
    if (this.isRunning) throw new TypeError('it calls the decorated method, which would call it again');
    // Refuses further calls: code after the first await of an async function could call it again,
    // forever.
    if (this.isAsync) throw new TypeError(ASYNC);
    this.isRunning = true;
    let made: unknown;
    try {
      made = this.give(argument);
    } finally {
      this.isRunning = false;
    }
    if (isPromise(made)) {
      this.isAsync = true;
      made.then(undefined, () => undefined);
      throw new TypeError(ASYNC);
    }
    return made as object | undefined;
  }
}

const ASYNC = 'it returned a promise, which is not awaited; it is not called again';
