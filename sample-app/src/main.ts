import { StartFault } from './settings';
import { start } from './start';

start((text) => {
  console.log(text);
}).catch((error: unknown) => {
  // A fault that the operator can fix needs its one line; any other its stack.
  console.error(error instanceof StartFault ? error.message : error);
  process.exitCode = 1;
});
