import { rate, shortCount } from '../lib/format';
import { Sparkline } from '../parts/sparkline';
import { healthOf, sumOf } from './health';
import { CARD_WIDTH, type Placed } from './layout';

interface Props {
  readonly placed: Placed;
  /** Width of the picture, to which cards of the indented form are stretched; undefined for the other form. */
  readonly stretch: number | undefined;
  readonly isSelected: boolean;
  readonly onSelect: (path: string) => void;
}

/** A node of the tree in the picture. */
export function TreeCard({ placed: { node, x, y }, stretch, isSelected, onSelect }: Props) {
  const { path, name, kind, received, dropped, lost, delivery, rates } = node;
  const { tone, word } = healthOf(node);
  const width = stretch === undefined ? CARD_WIDTH : Math.max(CARD_WIDTH - 40, stretch - x);
  const numbers: readonly (readonly [string, number, boolean])[] = [
    ['received', received, false],
    lost > 0 ? ['lost', lost, true] : ['dropped', sumOf(dropped), false],
    ...(delivery
      ? ([
          ['pending', delivery.pending, false],
          ['dead', delivery.deadLetters, delivery.deadLetters > 0],
        ] as const)
      : []),
  ];
  return (
    <button
      type="button"
      class="tree-card"
      data-tone={tone}
      aria-pressed={isSelected}
      style={{ transform: `translate(${String(x)}px, ${String(y)}px)`, width: `${String(width)}px` }}
      onClick={() => {
        onSelect(path);
      }}
    >
      <span class="tree-title">
        <strong title={path}>{path === '' ? 'root' : name}</strong>
        <span class={`state tone-${tone}`}>
          <span class="tree-dot" aria-hidden="true" />
          {word}
        </span>
      </span>
      <span class="tree-kind muted">{kind}</span>
      <span class="tree-rate">
        <Sparkline label={`Events received by ${path === '' ? 'the root' : path}`} values={rates.received} />
        <span class="tree-now">{rate(rates.received.at(-1) ?? 0)}</span>
      </span>
      <span class="tree-numbers">
        {numbers.map(([label, value, isBad]) => (
          <span key={label} class={isBad ? 'tone-bad' : undefined}>
            <b>{shortCount(value)}</b> {label}
          </span>
        ))}
      </span>
    </button>
  );
}
