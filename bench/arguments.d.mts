export interface BenchArguments {
  readonly names: readonly string[];
  readonly nodes: readonly string[];
  readonly words: readonly string[];
  readonly options: {
    readonly json: boolean;
    readonly smoke: boolean;
    readonly pairs: number | undefined;
    readonly shape: string | undefined;
    readonly heap: boolean;
    readonly only: { readonly case: string | undefined; readonly bytes: number | undefined };
  };
}

export function parseArguments(words: readonly string[], names: readonly string[]): BenchArguments;
