import type { ComponentChildren } from 'preact';
import { OwnProcess } from './own-process';

interface Props {
  readonly title: string;
  /** One line that says what the view shows. */
  readonly text?: ComponentChildren;
  /** What the view shows of this process only, for example `violations`. */
  readonly own?: string;
  readonly children?: ComponentChildren;
}

/** Head of a view: title, a line about it, and its actions. */
export function ViewHead({ title, text, own, children }: Props) {
  return (
    <header class="view-head">
      <div>
        <h1>{title}</h1>
        {text !== undefined && <p class="muted">{text}</p>}
        {own !== undefined && <OwnProcess what={own} />}
      </div>
      {children !== undefined && <div class="view-actions">{children}</div>}
    </header>
  );
}
