// CPU time of one statement or Caliper event. The child is subject.mjs.
import { fileURLToPath } from 'node:url';
import { BARS, judge } from '../bars.mjs';
import { measure, median, report, warmUpOf } from '../figures.mjs';

const subject = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const CASES = ['enrollment', 'video', 'forum', 'problem', 'caliper'];

export async function run({ json, smoke, pairs, only }) {
  const chosen = CASES.filter((name) => (smoke ? name === 'video' : [undefined, name].includes(only.case)));
  const figures = chosen.map((name) => {
    const measured = Array.from({ length: pairs }, () => measure(subject, [name, smoke ? 1000 : 100_000]));
    const cpuUs = median(measured.map((figure) => figure.cpuUs));
    const figure = { bench: 'xapi', case: name, subject: 'one statement', cpuUs, perSecond: 1e6 / cpuUs };
    return { ...figure, ...warmUpOf(measured), ...judge(BARS.xapi[name], figure) };
  });
  return report(figures, { json });
}
