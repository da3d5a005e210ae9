import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiFailure, getJson, type Query, token } from '../lib/api-client';
import { useStore } from './store';

export interface Resource<T> {
  readonly value: T | undefined;
  readonly failure: ApiFailure | undefined;
  readonly reload: () => void;
}

interface Loaded<T> {
  readonly key: string;
  readonly value?: T;
  readonly failure?: ApiFailure;
}

/**
 * Loads JSON from the API, and again every `everyMs` while the page is visible. A value stays while
 * the same is loaded again; it is forgotten when the address changes. No path loads nothing.
 */
export function useResource<T>(path: string | undefined, query: Query = {}, everyMs?: number): Resource<T> {
  const key = path === undefined ? '' : JSON.stringify([path, query]);
  const bearer = useStore(token);
  const [turn, setTurn] = useState(0);
  const [loaded, setLoaded] = useState<Loaded<T>>({ key: '' });
  const reload = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);

  useEffect(() => {
    if (path === undefined) return;
    const leaving = new AbortController();
    let timer = 0;
    const load = async () => {
      try {
        const isUnseen = document.hidden && everyMs !== undefined;
        if (!isUnseen) setLoaded({ key, value: await getJson<T>(path, query, leaving.signal) });
      } catch (error) {
        if (error instanceof ApiFailure)
          setLoaded((before) => ({ ...(before.key === key ? before : { key }), failure: error }));
      }
      if (everyMs !== undefined && !leaving.signal.aborted) timer = setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, turn, bearer]);

  const isCurrent = loaded.key === key;
  return { value: isCurrent ? loaded.value : undefined, failure: isCurrent ? loaded.failure : undefined, reload };
}
