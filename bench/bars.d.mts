export type Bar = number | Readonly<Record<number, number>>;

export type Bars = Readonly<Partial<Record<'ratio' | 'addedUs' | 'rate' | 'perSecond' | 'p999Ms' | 'wallMs', Bar>>>;

export const BARS: Readonly<Record<string, Readonly<Record<string, Bars>>>>;

export function judge(
  bars: Bars | undefined,
  figure: Readonly<Record<string, unknown>>,
  version?: string,
): { readonly bar?: string; readonly met?: boolean };

export function barFor(bar: Bar, version: string): number;
