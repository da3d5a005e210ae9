import './environment';
import { StartError } from './settings';
import { start } from './start';

start((text) => {
  console.log(text);
}).catch((error: unknown) => {
  // A StartError says what to change in one line. Any other error is a bug, so its stack is
  // printed.
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
});
