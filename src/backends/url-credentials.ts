/**
 * Error for a URL that `hasReadableCredentials` rejects; follows the name of the option. It shows
 * neither user nor password.
 */
export const UNREADABLE_CREDENTIALS = 'has a user or a password with a "%" that begins no percent-encoding.';
export const CREDENTIALS_FIX = 'write each "%" of the user and the password as "%25", or use encodeURIComponent()';

/**
 * Returns false if the user or the password of a URL cannot be decoded. A URL keeps a bare "%" as
 * it is, and decodeURIComponent() throws a URIError for it.
 * @throws TypeError if the string is not a URL
 */
export function hasReadableCredentials(url: string | URL): boolean {
  const { username, password } = new URL(url);
  try {
    [username, password].forEach(decodeURIComponent);
    return true;
  } catch {
    return false;
  }
}
