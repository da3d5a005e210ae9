import { nameOr } from '../../common/tracking-config.exception';

/**
 * A URL as it is shown in logs and dead letters. User, password and query may be secrets, and so may a part of the path, as in the
 * address of a webhook: of the path only words and short numbers are shown.
 */
export function shownUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${shownPath(pathname)}`;
  } catch {
    // Relative, as a Location may be.
    return shownPath(
      String(url)
        .replace(/[?#].*$/s, '')
        .replace(/^.*@/s, ''),
    );
  }
}

function shownPath(path: string): string {
  return path
    .split('/')
    .map((part) => nameOr('…', part))
    .join('/');
}
