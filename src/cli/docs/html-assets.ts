/** Name of the global variable that contains the search data of the pages. */
export const CATALOG_SCRIPT_NAME = 'eventCatalog';

export const STYLE = `/* Written by "event-tracking catalog docs". */
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f6f8; --text: #1b2127; --quiet: #55606b; --line: #d5dbe1;
  --link: #0b57b8; --mark: #8a3d00; --mark-ground: #fdeedd; --warning-ground: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --raised: #1e242a; --text: #e6eaee; --quiet: #a3aeb9; --line: #39424b;
    --link: #7db7ff; --mark: #ffb877; --mark-ground: #3a2712; --warning-ground: #332a10;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
code, pre { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: 0.9em; }
a { color: var(--link); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; z-index: 3; padding: 0.25rem 0.75rem; background: var(--ground); }
header {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: center;
  justify-content: space-between; padding: 0.6rem max(1rem, (100% - 66rem) / 2); background: var(--raised);
  border-bottom: 1px solid var(--line);
}
header nav a { font-weight: 600; color: inherit; text-decoration: none; }
header nav a:hover { text-decoration: underline; }
.search { display: flex; flex: 1 1 18rem; max-width: 32rem; flex-wrap: wrap; align-items: center; gap: 0 0.6rem; position: relative; }
.search[hidden] { display: none; }
.search label { color: var(--quiet); font-size: 0.9rem; }
.search input {
  flex: 1 1 12rem; min-width: 0; padding: 0.4rem 0.6rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--quiet); border-radius: 0.3rem;
}
.search input::placeholder { color: var(--quiet); opacity: 1; }
#found { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#results {
  position: absolute; top: calc(100% + 0.4rem); left: 0; right: 0; max-height: min(28rem, 70vh); overflow-y: auto; margin: 0;
  padding: 0.3rem; list-style: none; background: var(--ground); border: 1px solid var(--line); border-radius: 0.4rem;
  box-shadow: 0 0.5rem 1.5rem rgb(0 0 0 / 0.25);
}
#results a { display: block; padding: 0.4rem 0.6rem; border-radius: 0.3rem; color: inherit; text-decoration: none; }
#results a:hover, #results a:focus { background: var(--raised); }
#results a:focus-visible { outline-offset: -3px; }
#results code { color: var(--link); overflow-wrap: anywhere; }
#results .why { display: block; color: var(--quiet); font-size: 0.875rem; overflow-wrap: anywhere; }
#results .none { padding: 0.4rem 0.6rem; color: var(--quiet); }
main { max-width: 68rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1 { margin: 1rem 0 0.25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h1 code { font-size: 1em; }
h2 { margin: 2.25rem 0 0.6rem; font-size: 1.2rem; line-height: 1.3; overflow-wrap: anywhere; }
.title { margin: 0 0 1rem; color: var(--quiet); font-size: 1.1rem; }
.warning { padding: 0.6rem 0.9rem; background: var(--warning-ground); border-left: 0.3rem solid var(--mark); }
dl { margin: 1.25rem 0; }
dl div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: 0.2rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.table { border: 1px solid var(--line); border-radius: 0.4rem; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 0.94rem; }
th, td { padding: 0.45rem 0.75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--raised); color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; overflow-wrap: anywhere; }
td { overflow-wrap: break-word; }
th.name { width: 34%; }
th.fields { width: 24%; }
th.code { width: 24%; }
th.short { width: 8.5rem; }
tr:target { background: var(--mark-ground); }
td code { overflow-wrap: anywhere; }
.mark { padding: 0.05rem 0.4rem; color: var(--mark); background: var(--mark-ground); border-radius: 0.25rem; font-size: 0.85em; white-space: nowrap; }
.mark.old { white-space: normal; overflow-wrap: anywhere; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
pre { margin: 0; padding: 0.9rem; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 0.4rem; }
.origin { display: block; color: var(--quiet); }
.groups ul, .siblings ul { margin: 0; padding: 0; list-style: none; }
.groups ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.15rem 1.5rem; }
.groups a { overflow-wrap: anywhere; }
.count { color: var(--quiet); font-size: 0.875rem; }
.siblings { margin-top: 3rem; border-top: 1px solid var(--line); }
.siblings h2 { margin-top: 1rem; }
.siblings li { padding: 0.1rem 0; overflow-wrap: anywhere; }
@media (max-width: 50rem) {
  html { scroll-padding-top: 7rem; }
  .search label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  dl div { grid-template-columns: 1fr; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; }
  tr { padding: 0.5rem 0.75rem; border-top: 1px solid var(--line); }
  tbody tr:first-child { border-top: 0; }
  th, td { padding: 0.1rem 0; border: 0; }
  td:empty { display: none; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); }
}
@media print { header { display: none; } }
`;

/**
 * Search script of the pages. It uses no library, and inserts the contents of the catalog as text,
 * never as HTML.
 */
export const SEARCH_SCRIPT = String.raw`// Written by "event-tracking catalog docs".
'use strict';
(() => {
  const MOST = 50;
  const box = document.querySelector('.search');
  const input = document.getElementById('query');
  const found = document.getElementById('found');
  const results = document.getElementById('results');
  const root = box.dataset.root;
  const entries = window.eventCatalog.map((entry) => ({
    entry,
    name: entry.name.toLowerCase(),
    title: entry.title.toLowerCase(),
    text: entry.text.toLowerCase(),
    fields: entry.fields.map((field) => field.toLowerCase()),
    words: undefined,
  }));

  /** How far from the name a word is found; undefined if nowhere. */
  const distance = (each, word) => {
    if (each.name === word) return 0;
    if (each.name.startsWith(word)) return 1;
    if (each.name.includes(word)) return 2;
    if (each.title.includes(word)) return 3;
    if (each.fields.some((field) => field.includes(word))) return 4;
    return each.text.includes(word) ? 5 : undefined;
  };

  const search = (words) =>
    entries
      .map((each) => ({ each, distances: words.map((word) => distance(each, word)) }))
      .filter(({ distances }) => !distances.includes(undefined))
      .map(({ each, distances }) => ({ each, far: Math.max(...distances) }))
      .sort((a, b) => a.far - b.far);

  /** How many letters have to be added, left out, changed or swapped; more than most if it is more. */
  const spelling = (a, b, most) => {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let [last, row] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], last[j - 2] + 1);
      }
      if (Math.min(...next) > most) return most + 1;
      [last, row] = [row, next];
    }
    return row[b.length];
  };

  const wordsOf = (each) => {
    each.words ??= [...new Set([each.name, each.title, ...each.fields].join(' ').split(/[^\p{L}\p{N}]+/u))].filter(Boolean);
    return each.words;
  };

  const isNear = (each, part) => {
    const most = part.length < 4 ? 0 : part.length < 8 ? 1 : 2;
    if (distance(each, part) !== undefined) return true;
    return most > 0 && wordsOf(each).some((word) => spelling(part, word, most) <= most);
  };

  /** What has words that are spelt nearly so, for where nothing has the words themselves. */
  const searchNear = (words) => {
    const parts = words.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u)).filter(Boolean);
    const near = entries.filter((each) => parts.length > 0 && parts.every((part) => isNear(each, part)));
    return near.map((each) => ({ each, far: 0 }));
  };

  const element = (tag, text, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const item = ({ entry, fields }, words) => {
    const link = element('a', '');
    link.href = root + entry.address;
    link.append(element('code', entry.name));
    if (entry.note) link.append(' ', element('span', entry.note, 'mark'));
    const hits = entry.fields.filter((_, at) => words.some((word) => fields[at].includes(word)));
    const why = [entry.title, hits.slice(0, 4).join(', ')].filter(Boolean).join(' · ');
    if (why) link.append(element('span', why, 'why'));
    const made = element('li', '');
    made.append(link);
    return made;
  };

  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const exact = words.length === 0 ? [] : search(words);
    const isWithoutHit = words.length > 0 && exact.length === 0;
    const hits = isWithoutHit ? searchNear(words) : exact;
    results.replaceChildren(...hits.slice(0, MOST).map(({ each }) => item(each, words)));
    results.hidden = words.length === 0;
    if (isWithoutHit) results.prepend(element('li', hits.length === 0 ? 'Nothing found.' : 'Nothing found. Similar:', 'none'));
    if (hits.length > MOST) results.append(element('li', 'and ' + (hits.length - MOST) + ' more', 'none'));
    found.textContent = words.length === 0 ? '' : hits.length + (isWithoutHit && hits.length > 0 ? ' similar' : '') + ' found';
  };

  const close = () => {
    results.hidden = true;
  };

  const move = (by) => {
    const stops = [input, ...results.querySelectorAll('a')];
    const next = stops[stops.indexOf(document.activeElement) + by];
    if (next) next.focus();
  };

  input.addEventListener('input', show);
  input.addEventListener('focus', () => {
    if (input.value !== '' && results.hidden) show();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && event.target === input) {
      const first = results.querySelector('a');
      if (first) first.click();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      input.value = '';
      show();
      input.focus();
    }
  });
  box.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) close();
  });
  document.addEventListener('click', (event) => {
    if (!box.contains(event.target)) close();
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.closest('input, textarea, [contenteditable]');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  box.hidden = false;
  // A page that the browser takes out of its memory shows what was typed, without what was found.
  if (input.value !== '') show();
})();
`;
