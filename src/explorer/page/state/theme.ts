import { Store } from './store';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'event-explorer-theme';
const current = document.documentElement.dataset['theme'];

export const theme = new Store<Theme>(current === 'light' || current === 'dark' ? current : 'system');

/** theme.ts applies it when the page is loaded again. */
export function setTheme(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage, the choice lasts until the page is loaded again.
  }
  theme.set(next);
}
