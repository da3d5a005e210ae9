// Written by "event-tracking catalog docs".
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
