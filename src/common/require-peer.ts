import { MissingPeerException } from './missing-peer.exception';

/** An entry that needs optional peers, and all of these. */
export interface PeerUse {
  readonly entry: string;
  readonly peers: readonly string[];
}

/**
 * A peer that is not there is told by its name, with what fixes it. Any other failure of the import, a peer of the peer
 * included, goes on as it is: "not installed" would send its reader the wrong way.
 * @param load requires the peer: `() => require('mongoose')`
 * @throws MissingPeerException if it is this very package that was not found
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
