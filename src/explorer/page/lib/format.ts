const number = new Intl.NumberFormat('en-US');
const two = (value: number) => String(value).padStart(2, '0');

export const count = (value: number): string => number.format(value);

/** `48.2k`, for places where a long number does not fit. */
export function shortCount(value: number): string {
  if (value < 10_000) return number.format(value);
  if (value < 1_000_000) return `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

export function plural(value: number, noun: string): string {
  return `${number.format(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${String(value)} B`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(1)} kB`;
  if (value < 1_000_000_000) return `${(value / 1_000_000).toFixed(1)} MB`;
  return `${(value / 1_000_000_000).toFixed(1)} GB`;
}

/** `14:03:09.120` in the time zone of the reader. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** `2026-11-29 14:03:09`, in the time zone of the reader. */
export function dateTime(iso: string): string {
  const date = new Date(iso);
  const day = `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clockTime(iso).slice(0, 8)}`;
}

export function duration(ms: number): string {
  if (ms < 1) return `${String(Math.round(ms * 1_000))} µs`;
  if (ms < 1_000) return `${String(Math.round(ms * 10) / 10)} ms`;
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10)} s`;
  if (ms < 3_600_000) return `${String(Math.floor(ms / 60_000))} min`;
  if (ms < 86_400_000) return `${String(Math.floor(ms / 3_600_000))} h ${String(Math.floor(ms / 60_000) % 60)} min`;
  return `${String(Math.floor(ms / 86_400_000))} d`;
}

export function ago(iso: string, now = Date.now()): string {
  const ms = now - new Date(iso).getTime();
  return ms < 1_500 ? 'just now' : `${duration(ms < 60_000 ? Math.round(ms / 1_000) * 1_000 : ms)} ago`;
}

export function rate(perSecond: number): string {
  return `${perSecond >= 100 ? count(Math.round(perSecond)) : String(Math.round(perSecond * 10) / 10)}/s`;
}
