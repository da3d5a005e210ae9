import { isPromise } from '../routing/processor-step';

/**
 * A function that an application gave to a decorator, to make values for a call. It has to be synchronous, since nothing waits
 * for it, and it may call methods that are decorated with it: then it is not called again inside of itself.
 */
export class GivenFunction<Argument> {
  /** Whether it is being called. It is synchronous, so this is known of the present flow. */
  isRunning = false;
  private isAsync = false;

  constructor(private readonly give: (argument: Argument) => unknown) {}

  /** @throws what it throws; TypeError if it gives a promise, or if it is called inside of itself */
  call(argument: Argument): object | undefined {
    if (this.isRunning) throw new TypeError('it calls the method that it makes them for');
    // Once only: what an async function calls after its first await would call it again, and that for ever.
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

const ASYNC = 'it returned a promise, and nothing waits for it, so it is not called again';
