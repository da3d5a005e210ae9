// CPU time of the worst single emit, whatever is emitted. The child is subject.mjs.
import { fileURLToPath } from 'node:url';
import { measure, report } from '../figures.mjs';

const subject = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const SET_UPS = ['memory', 'log', 'reference', 'destination', 'redact', 'processor', 'catalog'];
/** No request should wait longer for its event. */
const MAX_MS = 25;
/** How many of each kind are printed. */
const SHOWN = 3;

export async function run({ json, smoke, only }) {
  const figures = [];
  const bytes = only.bytes ?? (smoke ? 20_000 : 1_000_000);
  for (const setUp of SET_UPS.filter((name) => (smoke ? name === 'log' : [undefined, name].includes(only.case)))) {
    const measured = measure(subject, [setUp, bytes, smoke ? 1 : 5]);
    for (const kind of ['body', 'value', 'unbounded']) {
      const worst = measured.filter((figure) => figure.kind === kind).sort((one, other) => other.cpuUs - one.cpuUs);
      for (const { name, bytes, cpuUs } of worst.slice(0, SHOWN)) {
        figures.push({
          ...{ bench: 'worst', case: setUp, subject: `${kind}: ${name}`, bytes, cpuUs, perSecond: 1e6 / cpuUs },
          ...(kind === 'body' ? { bar: `${MAX_MS} ms`, met: cpuUs <= MAX_MS * 1000 } : {}),
        });
      }
    }
  }
  return report(figures, { json });
}
