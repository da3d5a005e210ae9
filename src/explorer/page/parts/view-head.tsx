import type { ComponentChildren } from 'preact';

interface Props {
  readonly title: string;
  /** One line that says what the view shows. */
  readonly text?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** Head of a view: title, a line about it, and its actions. */
export function ViewHead({ title, text, children }: Props) {
  return (
    <header class="view-head">
      <div>
        <h1>{title}</h1>
        {text !== undefined && <p class="muted">{text}</p>}
      </div>
      {children !== undefined && <div class="view-actions">{children}</div>}
    </header>
  );
}
