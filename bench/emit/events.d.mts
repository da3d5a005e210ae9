export const SHAPES: readonly string[];

export function contextOf(bytes: number, shape?: string): readonly Readonly<Record<string, unknown>>[];

export function dataOf(bytes: number, shape?: string): Readonly<Record<string, unknown>>;
