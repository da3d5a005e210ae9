/**
 * What a secret looks like, and the ways in which it gets into an option: as the value, one or two
 * levels inside it, as a key, in a list, in the place of an object, and inside what is neither a
 * string nor a plain object. Each secret repeats its mark from the first character to the last, so
 * that no part of it goes unseen.
 */
const MARK = /hush/i;

export const SECRETS: readonly (readonly [shape: string, secret: string])[] = [
  ['a token', 'hush9f3Vq27hushmZ0xR8tWhush51'],
  ['a line of a header', 'authorization: Bearer hush.9f3Vq27.hush-mZ0xR8tWhush'],
  ['a connection string', 'mongodb://hush:hush9f3@hush.example:27017/hush?authSource=hush'],
  ['a string in hexadecimal digits', 'hush00ff13ahush77deadbeefhush00112233445566778899hushaabbccddeeffhush'],
  ['a string of 500 characters over several lines', 'hush\n9f3V '.repeat(50)],
];

/** How the secret stands in the place of a value. */
export const PLACEMENTS: readonly (readonly [how: string, place: (secret: string) => unknown])[] = [
  ['itself', (secret) => secret],
  ['in a list', (secret) => [secret]],
  ['in a list of lists', (secret) => [[secret], { a: secret }]],
  ['as a value', (secret) => ({ a: secret })],
  ['as a key', (secret) => ({ [secret]: 5 })],
  ['as a key of itself', (secret) => ({ [secret]: secret })],
  ['two levels down', (secret) => ({ a: { b: secret, [secret]: [secret] } })],
  ['as the name of a function', (secret) => ({ [secret]: () => undefined })[secret]],
  ['as the name of a class', (secret) => ({ [secret]: class {} })[secret]],
  ['in an object of a class', (secret) => new ({ [secret]: class {} }[secret] as new () => object)()],
  ['as a constructor', (secret) => ({ constructor: { name: secret }, toString: () => secret })],
  ['in a symbol', (secret) => Symbol(secret)],
  ['in a Map', (secret) => new Map([[secret, secret]])],
  ['in bytes', (secret) => Buffer.from(secret)],
  ['in a URL', (secret) => new URL(`ftp://hush:${encodeURIComponent(secret)}@127.0.0.1:9/`)],
];

/** Everything that an error shows, to whoever prints it, its message or its stack. */
export function shownBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack = '', cause, ...fields } = error as Error & { readonly errors?: unknown };
  return [message, stack, JSON.stringify(fields), cause === undefined ? '' : shownBy(cause)].join('\n');
}

export function hasSecret(shown: string): boolean {
  // The files of this test stand in the stacks.
  return MARK.test(shown.replace(/\([^()\n]*\/test\/app\/[^()\n]*\)/g, ''));
}
