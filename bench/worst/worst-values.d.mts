/** JSON texts of at most `bytes` bytes, by what is bad about them. */
export function worstBodies(bytes?: number): Readonly<Record<string, string>>;

/** Values that no JSON text holds, by what is bad about them. Each call makes one of its own. */
export const worstValues: Readonly<Record<string, () => unknown>>;

/** Values whose cost grows with their size, whatever the limits. */
export const unboundedValues: Readonly<Record<string, () => unknown>>;
