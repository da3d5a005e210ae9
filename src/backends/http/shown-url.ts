import { nameOr } from '../../common/tracking-config.exception';

/**
 * Returns a URL in a form safe for logs and dead letters. User, password and query may be secrets,
 * and so may a part of the path, as in a webhook URL. Of the path, only words and short numbers are
 * shown.
 */
export function shownUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${shownPath(pathname)}`;
  } catch {
    // A relative URL, which a Location header may hold.
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
