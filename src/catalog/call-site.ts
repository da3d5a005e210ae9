import { join, relative, resolve, sep } from 'node:path';

/** Folders of this library, as loaded and as its source maps name them (`--enable-source-maps`). */
const OWN_FOLDERS = ['src', 'dist'].map((folder) => join(resolve(__dirname, '../..'), folder) + sep);
const MAX_FRAMES = 30;
/** Matches `    at Class.method (/srv/app/src/file.ts:12:5)`, with or without the parentheses. */
const FRAME = /^\s+at (?:.*\()?(?:file:\/\/)?([^()]+):(\d+):\d+\)?$/;

/**
 * Returns the place in the application that called, relative to the working directory:
 * `src/courses/courses.service.ts:12`. Returns undefined if the stack has no such place.
 */
export function callSite(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = MAX_FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  for (const line of stack.split('\n')) {
    const [, file = '', number = ''] = FRAME.exec(line) ?? [];
    if (file === '' || file.startsWith('node:') || OWN_FOLDERS.some((own) => file.startsWith(own))) continue;
    if (file.includes(`${sep}node_modules${sep}`)) continue;
    return `${relative(process.cwd(), file)}:${number}`;
  }
  return undefined;
}
