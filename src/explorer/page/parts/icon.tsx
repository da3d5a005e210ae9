/** Paths of icons in a box of 16 by 16, drawn with a stroke. */
const PATHS = {
  live: 'M2 8h3l2-5 3 10 2-5h2',
  event: 'M4 2h6l3 3v9H4zM10 2v3h3M6 8h5M6 11h5',
  tree: 'M2 8h4m0 0V3h3M6 8h3M6 8v5h3M11 3h3M11 8h3M11 13h3',
  violations: 'M8 2 1.5 13.5h13zM8 6.5v3.5M8 12v.2',
  'dead-letters': 'M2 4h12v9H2zM2 4l6 5 6-5M5.5 1.5l5 0',
  catalog: 'M3 2.5h8.5a1.5 1.5 0 0 1 1.5 1.5v9.5H4.5A1.5 1.5 0 0 1 3 12zM3 12a1.5 1.5 0 0 1 1.5-1.5H13',
  queues: 'M2 3.5h12M2 8h12M2 12.5h7',
  copy: 'M6 6h8v8H6zM10 6V2H2v8h4',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M3.5 3.5l9 9m0-9-9 9',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l8 5-8 5z',
  up: 'M8 13V3M3.5 7.5 8 3l4.5 4.5',
  back: 'M13 8H3m4.5-4.5L3 8l4.5 4.5',
  expand: 'M9.5 2.5h4v4M13.5 2.5l-5 5M6.5 13.5h-4v-4M2.5 13.5l5-5',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  help: 'M5.5 5.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M8 12.4v.2',
  light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  arrow: 'M3 8h10M8.5 3.5 13 8l-4.5 4.5',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: the element around it has the words. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
