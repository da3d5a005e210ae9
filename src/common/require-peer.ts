import { MissingPeerException } from './missing-peer.exception';

/** An entry that needs optional peer dependencies, with the list of all of them. */
export interface PeerUse {
  readonly entry: string;
  readonly peers: readonly string[];
}

/**
 * Loads an optional peer dependency. A missing peer is reported by name, with the fix. Any other
 * failure of the import, including a missing dependency of the peer, is rethrown unchanged, because
 * "not installed" would mislead the reader.
 * @param load requires the peer: `() => require('mongoose')`
 * @throws MissingPeerException if the peer itself was not found
 */
export function requirePeer<Peer>(peer: string, { entry, peers }: PeerUse, load: () => Peer): Peer {
  try {
    return load();
  } catch (error) {
    if (isNotFound(error, peer)) throw MissingPeerException.create(peer, entry, peers, error);
    throw error;
  }
}

function isNotFound(error: unknown, peer: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  return isMissing && typeof message === 'string' && message.includes(`'${peer}'`);
}
