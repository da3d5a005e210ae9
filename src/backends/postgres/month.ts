/** Month in UTC as `2026-11`; months compare like strings. */
export type Month = string;

export function monthOf(time: Date): Month {
  return time.toISOString().slice(0, -17);
}

export function nextMonth(month: Month): Month {
  return monthOf(new Date(Date.UTC(Number(month.slice(0, -3)), Number(month.slice(-2)), 1)));
}
