/** Script of the pages: copies code, and opens and closes all folds. */
export const CONTENT_SCRIPT = String.raw`
  const copied = element('p', '', 'hidden-text');

  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      // A page without a secure address has no clipboard: the text is at least selected.
      getSelection().selectAllChildren(code);
      return document.execCommand('copy');
    }
  };

  const buildCopies = () => {
    const buttons = [...document.querySelectorAll('button.copy')];
    if (buttons.length === 0) return;
    copied.setAttribute('role', 'status');
    main.append(copied);
    for (const button of buttons) {
      const code = button.parentElement.querySelector('code');
      button.setAttribute('aria-describedby', code.parentElement.getAttribute('aria-labelledby'));
      button.hidden = false;
      button.addEventListener('click', async () => {
        const isDone = await copy(code);
        button.textContent = isDone ? 'Copied' : 'Press Ctrl+C';
        copied.textContent = isDone ? 'Copied' : 'Press Ctrl+C to copy';
        setTimeout(() => {
          button.textContent = 'Copy';
          copied.textContent = '';
        }, 2000);
      });
    }
  };

  const buildFolds = () => {
    for (const tree of document.querySelectorAll('.tree')) {
      const folds = [...tree.querySelectorAll('details')];
      if (folds.length < 2) continue;
      const button = element('button', '', 'fold');
      button.type = 'button';
      const show = () => {
        button.textContent = folds.every((fold) => fold.open) ? 'Close all' : 'Open all';
      };
      button.addEventListener('click', () => {
        const isOpen = !folds.every((fold) => fold.open);
        for (const fold of folds) fold.open = isOpen;
      });
      tree.addEventListener('toggle', show, true);
      show();
      tree.prepend(button);
    }
  };
`;
