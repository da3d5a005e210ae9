/**
 * Runs before anything is painted, so that a page with a chosen theme does not flash in the other
 * one. Without a choice, the style sheet follows the system.
 */
try {
  const theme = localStorage.getItem('event-explorer-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
} catch {
  // Storage may be forbidden: the system's theme applies.
}
