/** Script of the pages: the entries of the catalog, and helpers for the other scripts. */
export const ENTRIES_SCRIPT = String.raw`
  const root = document.querySelector('.search').dataset.root;
  const main = document.getElementById('main');
  const entries = window.eventCatalog.map((entry) => ({
    entry,
    name: entry.name.toLowerCase(),
    title: entry.title.toLowerCase(),
    text: entry.text.toLowerCase(),
    fields: entry.fields.map((field) => field.toLowerCase()),
  }));
  const isEvent = ({ note }) => note !== 'context';
  const events = entries.map(({ entry }) => entry).filter(isEvent);
  /** Address of this page from the folder of the index. */
  const own = location.pathname.split('/').slice(root === '' ? -1 : -2).join('/');
  const current = events.concat(entries.map(({ entry }) => entry)).find(({ address }) => address === own);

  /** Creates an element with text, never with HTML. */
  const element = (tag, text, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
`;
