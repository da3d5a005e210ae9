import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  readonly title: string;
  /** Shown next to the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ title, aside, children }: Props) {
  const heading = useId();
  return (
    <section class="section" aria-labelledby={heading}>
      <div class="section-head">
        <h3 id={heading}>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}
