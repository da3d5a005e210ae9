export const unreadable = expect.stringMatching(/^\[Unreadable: .+\]$/);

export function throws(): never {
  throw new Error('private');
}
