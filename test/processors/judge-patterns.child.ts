/** A process of its own for regex-filter.spec.ts, since the checker is many times slower inside Jest: prints how long each pattern took. */
import 'reflect-metadata';
import { performance } from 'node:perf_hooks';
import { RegexFilter } from '../../src';

const patterns = JSON.parse(process.argv[2] ?? '') as string[];
const tookMs = patterns.map((pattern) => {
  const startedAt = performance.now();
  new RegexFilter({ regularExpressions: [pattern] });
  return performance.now() - startedAt;
});
process.stdout.write(JSON.stringify(tookMs));
