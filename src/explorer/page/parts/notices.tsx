import type { ComponentChildren } from 'preact';
import type { ApiFailure } from '../lib/api-client';
import type { Resource } from '../state/resource';
import { Icon, type IconName } from './icon';

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Nothing is there: says why, and what to do. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="notice">
      <span class="notice-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <div class="notice-text">{children}</div>
    </div>
  );
}

export function Problem({ failure, retry }: { readonly failure: ApiFailure; readonly retry?: () => void }) {
  return (
    <div class="notice problem" role="alert">
      <span class="notice-icon">
        <Icon name="violations" />
      </span>
      <h2>{failure.message}</h2>
      <p class="notice-text">{failure.fix}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Grey lines in the shape of what is loaded; they appear late, so that a fast answer does not flicker. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div class="loading" role="status">
      <span class="hidden-text">Loading {what}</span>
      {[0, 1, 2, 3, 4, 5].map((line) => (
        <span class="loading-line" key={line} aria-hidden="true" />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** The value, or why it is not there. A failed reload keeps the last value and says so. */
export function Loaded<T>({ resource: { value, failure, reload }, what, children }: LoadedProps<T>) {
  if (value === undefined) return failure ? <Problem failure={failure} retry={reload} /> : <Loading what={what} />;
  return (
    <>
      {failure && (
        <p class="stale" role="status">
          {failure.message} The numbers are the last ones known.
        </p>
      )}
      {children(value)}
    </>
  );
}
