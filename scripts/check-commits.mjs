// @ts-check
// `git log --format=%s BASE..HEAD | node scripts/check-commits.mjs`: subjects are conventional and
// have at most 72 characters.
import { readFileSync } from 'node:fs';

const TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];
const CONVENTIONAL = new RegExp(`^(${TYPES.join('|')})(\\([a-z0-9-]+\\))?!?: \\S`);
const MAX_CHARACTERS = 72;

const subjects = readFileSync(0, 'utf8').split('\n').filter(Boolean);
const problems = subjects.flatMap((subject) => [
  ...(CONVENTIONAL.test(subject) ? [] : [`"${subject}" does not begin with "type: " or "type(scope): "`]),
  ...([...subject].length <= MAX_CHARACTERS ? [] : [`"${subject}" has more than ${MAX_CHARACTERS} characters`]),
]);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`Fix: git rebase --interactive, with reword. Types: ${TYPES.join(', ')}.`);
  process.exitCode = 1;
}
