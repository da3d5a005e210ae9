import { rate } from '../lib/format';

const WIDTH = 120;
const HEIGHT = 28;

interface Props {
  readonly label: string;
  readonly values: readonly number[];
  /** A second line, drawn dashed: for example what left the node. */
  readonly other?: readonly number[];
}

/** Rates over the last minutes, as a line over a filled area. */
export function Sparkline({ label, values, other }: Props) {
  const top = Math.max(1, ...values, ...(other ?? []));
  // One point is no line, and before the first one there is none.
  const line = pointsOf(values.length > 1 ? values : [values[0] ?? 0, values[0] ?? 0], top);
  const now = values.at(-1) ?? 0;
  const text = `${label}: ${rate(now)} now, at most ${rate(Math.max(0, ...values))} in the last minutes`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} preserveAspectRatio="none" role="img">
      <title>{text}</title>
      <path d={`M0,${String(HEIGHT)} L${line} L${String(WIDTH)},${String(HEIGHT)} Z`} class="sparkline-area" />
      <polyline points={line} class="sparkline-line" />
      {other && other.length > 1 && <polyline points={pointsOf(other, top)} class="sparkline-other" />}
    </svg>
  );
}

function pointsOf(values: readonly number[], top: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  const y = (value: number) => HEIGHT - 1.5 - (value / top) * (HEIGHT - 4);
  return values.map((value, at) => `${(at * step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
}
