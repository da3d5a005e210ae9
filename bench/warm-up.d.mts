export function warmUp(
  run: (count: number) => number | Promise<number>,
  options: {
    readonly cold: number;
    readonly window: (us: number) => number;
    readonly maxWindows?: number;
    readonly maxMs?: number;
    readonly now?: () => number;
  },
): Promise<{
  readonly coldUs: number;
  readonly events: number;
  readonly windows: number;
  readonly warmUpMs: number;
  readonly isSteady?: boolean;
}>;

export function windowOf(burst: number): (us: number) => number;
