// CPU time of one emit, beside what else one could call for it. The child is subject.mjs.
import { fileURLToPath } from 'node:url';
import { measure, median, report } from '../figures.mjs';

const subject = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const SIZES = [200, 1024, 4096];

/** What each case is held against in the same run, in turns: `ratio` is the median of the pairs. Bars are of 1 KB. */
const CASES = [
  { case: 'a', subject: 'one backend that does nothing', versus: 'stringify' },
  { case: 'b', subject: 'LoggerBackend to a file', versus: 'pino', bar: 0.9 },
  { case: 'b-scope', subject: 'the same, many emits in a scope', versus: 'stringify', bar: 1.0 },
  { case: 'c', subject: 'two branches: regex filter + logger, allowlist + nothing', versus: 'b', bar: 1.15 },
  { case: 'd', subject: 'ten branches, nine filter the event out', versus: 'b', barUs: 2 },
  { case: 'e', subject: 'an application processor that changes data', versus: 'b', barUs: 4 },
  { case: 'pino', subject: 'pino.info(event) to a file', versus: 'stringify' },
  { case: 'klona', subject: 'klona + JSON.stringify', versus: 'stringify' },
  { case: 'stringify', subject: 'JSON.stringify of the whole event', versus: 'stringify' },
];

export async function run({ json, smoke, pairs, only }) {
  const figures = [];
  const count = smoke ? 500 : undefined;
  for (const bytes of SIZES.filter((size) =>
    smoke ? size === 1024 : only.bytes === undefined || size === only.bytes,
  )) {
    for (const { case: name, subject: title, versus, bar, barUs } of CASES.filter(
      (one) => only.case === undefined || one.case === only.case,
    )) {
      const ours = [];
      const theirs = [];
      for (let pair = 0; pair < pairs; pair++) {
        ours.push(measure(subject, [name, bytes, count]));
        theirs.push(name === versus ? ours.at(-1) : measure(subject, [versus, bytes, count]));
      }
      const cpuUs = median(ours.map((figure) => figure.cpuUs));
      const ratio = median(ours.map((figure, at) => figure.cpuUs / theirs[at].cpuUs));
      const addedUs = median(ours.map((figure, at) => figure.cpuUs - theirs[at].cpuUs));
      const isBarSize = bytes === 1024;
      const met = !isBarSize
        ? undefined
        : bar !== undefined
          ? ratio <= bar
          : barUs !== undefined
            ? addedUs <= barUs
            : undefined;
      figures.push({
        ...{ bench: 'emit', case: name, subject: title, bytes: ours[0].bytes, cpuUs, perSecond: 1e6 / cpuUs, versus },
        ...{
          ratio,
          ...(barUs === undefined ? {} : { addedUs }),
          bar: isBarSize ? (bar ?? (barUs && `+${barUs} µs`)) : undefined,
          met,
        },
      });
    }
  }
  return report(figures, { json });
}
