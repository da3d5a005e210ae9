import { Icon } from '../parts/icon';
import { useStore } from '../state/store';
import { setTheme, theme, type Theme } from '../state/theme';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const WORDS: Readonly<Record<Theme, string>> = { system: "the system's", light: 'light', dark: 'dark' };

export function ThemeSwitch() {
  const current = useStore(theme);
  const label = `Theme: ${WORDS[current]}. Change to ${WORDS[NEXT[current]]}`;
  return (
    <button
      type="button"
      class="button icon-button quiet"
      aria-label={label}
      title={label}
      onClick={() => {
        setTheme(NEXT[current]);
      }}
    >
      <Icon name={current} />
    </button>
  );
}
