import { type Bars } from './bars.mjs';

interface Measured {
  readonly cpuUs: number;
  readonly bytes?: number;
  readonly perSecond?: number;
  readonly coldUs?: number;
  readonly warmUpMs?: number;
  readonly isSteady?: boolean;
}

interface Comparison {
  readonly case: string;
  readonly subject: string;
  readonly versus: string;
  readonly bars?: Bars;
  readonly version?: string;
}

export interface Figure {
  readonly case: string;
  readonly subject: string;
  readonly shape?: string;
  readonly bytes?: number | undefined;
  readonly cpuUs?: number;
  readonly perSecond?: number;
  readonly wallMs?: number;
  readonly cpuMs?: number;
  readonly coldUs?: number;
  readonly warmUpMs?: number;
  readonly isSteady?: boolean;
  readonly versus?: string;
  readonly ratio?: number;
  readonly addedUs?: number;
  readonly allocatedBytes?: number;
  readonly versusSubject?: string;
  readonly versusUs?: number;
  readonly rate?: number;
  readonly bar?: string;
  readonly met?: boolean;
}

export function median(numbers: readonly number[]): number;

export function inPairs(
  comparison: Comparison & {
    readonly pairs: number;
    readonly ours: () => Measured | Promise<Measured>;
    readonly theirs: () => Measured | Promise<Measured>;
  },
): Promise<Figure>;

export function compare(
  comparison: Comparison & { readonly mine: readonly Measured[]; readonly other: readonly Measured[] },
): Figure;

export function warmUpOf(measured: readonly Measured[]): Pick<Figure, 'coldUs' | 'warmUpMs' | 'isSteady'>;

export function tableOf(figures: readonly Figure[]): readonly string[];
