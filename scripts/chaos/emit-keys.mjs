// @ts-check
import { tell } from './tell.mjs';

/**
 * Emits events until it is told to stop, and tells of each once it is relied on: with KILL when it
 * is confirmed, with TERM at once.
 * @param after awaited after each, with its number
 */
export async function emitKeys({ tracker, signal, life, filler, isStopping, after }) {
  for (let n = 0; !isStopping(); n++) {
    const key = `${life}-${n}`;
    await tracker.context({ user_id: 7 }, () => {
      if (signal === 'KILL') return tracker.emitConfirmed('chaos.emitted', { key, filler });
      return tracker.emit('chaos.emitted', { key, filler });
    });
    tell(`+ ${key}`);
    await after(n);
  }
}
