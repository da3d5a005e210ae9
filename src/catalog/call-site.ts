import { relative, resolve, sep } from 'node:path';

/** This library, as it was loaded: from its sources, or built. */
const OWN_FOLDER = resolve(__dirname, '..') + sep;
const MAX_FRAMES = 30;
/** `    at Class.method (/srv/app/src/file.ts:12:5)`, or without the parentheses. */
const FRAME = /^\s+at (?:.*\()?(?:file:\/\/)?([^()]+):(\d+):\d+\)?$/;

/** Where the application called from: `src/courses/courses.service.ts:12`, from the working directory; undefined if it is not on the stack. */
export function callSite(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = MAX_FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  for (const line of stack.split('\n')) {
    const [, file = '', number = ''] = FRAME.exec(line) ?? [];
    if (file === '' || file.startsWith('node:') || file.startsWith(OWN_FOLDER)) continue;
    if (file.includes(`${sep}node_modules${sep}`)) continue;
    return `${relative(process.cwd(), file)}:${number}`;
  }
  return undefined;
}
