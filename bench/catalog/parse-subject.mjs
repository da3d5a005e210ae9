// The floor under validating a log: reading it, cutting it into lines, JSON.parse. node
// parse-subject.mjs LOG. Prints { cpuUs }.
import { openSync, readSync } from 'node:fs';
import { cpuUsage } from 'node:process';

const file = openSync(process.argv[2], 'r');
const buffer = Buffer.allocUnsafe(1024 * 1024);
let rest = '';
let lines = 0;
const started = cpuUsage();
for (let bytes = readSync(file, buffer); bytes > 0; bytes = readSync(file, buffer)) {
  const text = rest + buffer.latin1Slice(0, bytes); // the generated log is ASCII
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    lines++;
    try {
      JSON.parse(text.slice(start, end));
    } catch {
      // one of those that are broken
    }
    start = end + 1;
  }
  rest = text.slice(start);
}
const { user, system } = cpuUsage(started);
console.log(JSON.stringify({ cpuUs: (user + system) / lines }));
