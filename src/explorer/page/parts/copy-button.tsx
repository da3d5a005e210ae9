import { useEffect, useState } from 'preact/hooks';
import { say } from './announcer';
import { Icon } from './icon';

const SHOWN_MS = 1_600;

interface Props {
  /** What is copied, for example "event as JSON". */
  readonly what: string;
  readonly text: () => string;
  /** Word on the button; without it, the button is an icon. */
  readonly label?: string;
}

export function CopyButton({ what, text, label }: Props) {
  const [result, setResult] = useState<'copied' | 'failed' | undefined>(undefined);
  useEffect(() => {
    if (result === undefined) return;
    const timer = setTimeout(() => {
      setResult(undefined);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [result]);

  const copy = async () => {
    const isCopied = await writeClipboard(text());
    setResult(isCopied ? 'copied' : 'failed');
    say(isCopied ? `Copied ${what}` : `The browser did not allow copying`);
  };

  return (
    <button
      type="button"
      class={label === undefined ? 'button icon-button quiet' : 'button'}
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      data-result={result}
      onClick={() => void copy()}
    >
      <Icon name={result === undefined ? 'copy' : result === 'copied' ? 'check' : 'close'} />
      {label}
    </button>
  );
}

/** The clipboard needs HTTPS or localhost; elsewhere the older command works. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden-text';
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without HTTPS
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
