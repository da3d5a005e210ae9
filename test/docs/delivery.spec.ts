import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DELIVERY_DEFAULTS } from '../../src/delivery/resolve-options';
import {
  deliveryInstruments,
  destinationInstruments,
  durationInstruments,
  nodeInstruments,
  queueInstruments,
  trackerInstruments,
  workInstruments,
} from '../../src/observability/opentelemetry/instruments';

const page = (name: string): string => readFileSync(join(__dirname, '../../docs', name), 'utf8');

/** The cells of each row of the table whose head begins so. */
function rowsOf(text: string, head: string): string[][] {
  const [, body = ''] = text.split(`\n${head}`);
  const lines = body.split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function shownDefault(value: unknown): string {
  return value === undefined ? 'none' : `\`${JSON.stringify(value).replaceAll('"', "'")}\``;
}

function flat(options: object, prefix = ''): [string, unknown][] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? flat(value, `${name}.`) : [[`${prefix}${name}`, value]],
  );
}

describe('The table of options in docs/reference/delivery.md', () => {
  it('has every option with its default', () => {
    const shown = rowsOf(page('reference/delivery.md'), '| option | default |').map(([option, value]) => [
      option,
      value,
    ]);
    const real = flat(DELIVERY_DEFAULTS).map(([option, value]) => [`\`${option}\``, shownDefault(value)]);
    expect(new Map(shown as [string, string][])).toEqual(new Map(real as [string, string][]));
    expect(shown).toHaveLength(real.length);
  });
});

describe('The table of metrics in docs/reference/metrics.md', () => {
  it('has every instrument with its kind, unit and description', () => {
    const kinds = { counter: 'counter', 'up-down-counter': 'up-down counter' };
    const rows = rowsOf(page('reference/metrics.md'), '| metric | kind |');
    expect(rows.map(([name, kind, unit, , description]) => [name, kind, unit, description])).toEqual([
      ...[
        ...trackerInstruments,
        ...nodeInstruments,
        ...deliveryInstruments,
        ...destinationInstruments,
        ...workInstruments,
        ...queueInstruments,
      ].map((plan) => [`\`${plan.name}\``, kinds[plan.kind], `\`${plan.unit}\``, plan.description]),
      ...Object.values(durationInstruments).map(({ name, unit, description }) => [
        `\`${name}\``,
        'histogram',
        `\`${unit}\``,
        description,
      ]),
    ]);
  });
});
