import { Store, useStore } from '../state/store';

const message = new Store('');

/** Tells screen readers what happened without moving the focus. */
export function say(text: string): void {
  message.set(text);
}

export function Announcer() {
  return (
    <p class="hidden-text" role="status" aria-live="polite">
      {useStore(message)}
    </p>
  );
}
