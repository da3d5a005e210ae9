/**
 * `npm run conformance:openedx -- [DIR...]`: every case of the conversion vectors in the folders
 * (default: the project's own). A folder is for xAPI or for Caliper, by what its cases expect.
 * Prints each difference with its reason, and fails if one has none.
 */
import 'reflect-metadata';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { caliperOutcome } from '../caliper/caliper-vectors';
import { knownDifferences, type Outcome } from './known-differences';
import { vectorCases, type VectorCase } from './vector-cases';
import { xapiOutcome } from './xapi-vectors';

const OWN = [join(__dirname, 'vectors'), join(__dirname, '../caliper/vectors')];

function main(folders: readonly string[]): void {
  let failed = 0;
  for (const folder of folders) failed += runFolder(folder);
  process.exitCode = failed > 0 ? 1 : 0;
}

function runFolder(folder: string): number {
  const cases = vectorCases(folder);
  const isCaliper = cases.some(
    ({ expected }) => expected !== undefined && Object.hasOwn(expected as object, '@context'),
  );
  const convert = isCaliper ? caliperOutcome : xapiOutcome;
  const reasons = new Map<string, string[]>();
  const failures: string[] = [];
  let equal = 0;
  for (const each of cases) {
    const outcome = convert(each);
    const known = knownDifferences.find(({ explains }) => explains(each, outcome));
    if (known !== undefined) reasons.set(known.reason, [...(reasons.get(known.reason) ?? []), each.title]);
    else if (isEqual(each, outcome)) equal++;
    else failures.push(`  failed   ${each.title}: ${shortened(outcome)}`);
  }
  const differing = cases.length - equal - failures.length;
  const kind = isCaliper ? 'Caliper' : 'xAPI';
  console.log(`${kind} (${folder}): ${equal} equal, ${differing} differ for a reason, ${failures.length} failed`);
  for (const [reason, titles] of reasons) console.log(`  differs  ${titles.join(' · ')}\n           ${reason}`);
  for (const failure of failures) console.log(failure);
  return failures.length;
}

/** Compares as JSON values. A random id of Caliper is not part of what is expected. */
function isEqual({ expected }: VectorCase, outcome: Outcome): boolean {
  return 'made' in outcome && isDeepStrictEqual(outcome.made, expected);
}

function shortened(outcome: Outcome): string {
  return 'made' in outcome ? `${JSON.stringify(outcome.made).slice(0, 300)}…` : outcome.refused;
}

const given = process.argv.slice(2).map((folder) => resolve(folder));
main(given.length > 0 ? given : OWN);
