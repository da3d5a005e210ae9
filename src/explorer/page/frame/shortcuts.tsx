import { Dialog } from '../parts/dialog';
import { VIEWS } from '../state/route';
import { titleOf } from './nav';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['j', '↓'], 'Next event, older'],
  [['k', '↑'], 'Previous event, newer'],
  [['Enter'], 'Open the selected event on a page of its own'],
  [['Esc'], 'Close the event, or leave the field'],
  [['/'], 'Go to the filter or the search'],
  [['p'], 'Pause or go on'],
  [['?'], 'Show these keys'],
];

export function Shortcuts({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        {VIEWS.map((view, at) => (
          <div key={view}>
            <dt>
              <kbd>{at + 1}</kbd>
            </dt>
            <dd>{titleOf(view)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
