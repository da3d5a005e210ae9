import { RequestView, ScopeView } from '../../context/view';
import type { ContextView } from '../../event/context-view';
import type { ContextSource } from '../api';

/** Tells for each key of a context which scope it comes from. Contains no values. */
export function contextSources(context: ContextView | undefined): ContextSource[] {
  return Object.keys(context?.values ?? {}).map((key) => sourceOf(key, context));
}

function sourceOf(key: string, innermost: ContextView | undefined): ContextSource {
  let depth = 0;
  let view = innermost;
  while (view instanceof ScopeView) {
    if (view.hasOwn(key)) {
      if (view instanceof RequestView) return { key, from: 'request', detail: 'the request' };
      const isOutermost = view.outer === undefined;
      if (isOutermost && depth > 0) return { key, from: 'process', detail: 'the outermost scope' };
      return { key, from: 'scope', detail: depth === 0 ? 'the innermost scope' : scopesOut(depth) };
    }
    view = view.outer;
    depth++;
  }
  return { key, from: 'processor', detail: 'a context of its own' };
}

function scopesOut(depth: number): string {
  return depth === 1 ? 'one scope out' : `${String(depth)} scopes out`;
}
