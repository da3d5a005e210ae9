/** A url as it may stand in logs and dead letters: user, password and query may be secrets. */
export function shownUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return String(url)
      .replace(/[?#].*$/s, '')
      .replace(/^.*@/s, ''); // relative, as a Location may be
  }
}
