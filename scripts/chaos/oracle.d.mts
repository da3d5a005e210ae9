export function eventKey(key: string, part: number): string;

export function compareWithRows(
  rows: readonly { readonly key: string; readonly events: number }[],
  events: readonly { readonly id: string; readonly key: string; readonly part: number }[],
): {
  readonly expected: number;
  readonly arrived: number;
  readonly sentAgain: number;
  readonly orphans: readonly string[];
  readonly phantoms: readonly string[];
  readonly renamed: readonly string[];
};
