/** Month in UTC as `2026-11`; months compare like strings. */
export type Month = string;

export function monthOf(time: Date): Month {
  return time.toISOString().slice(0, -17);
}

export function nextMonth(month: Month): Month {
  const [year, number] = [Number(month.slice(0, -3)), Number(month.slice(-2))];
  const [nextYear, next] = number === 12 ? [year + 1, 1] : [year, number + 1];
  return `${String(nextYear).padStart(4, '0')}-${String(next).padStart(2, '0')}`;
}
