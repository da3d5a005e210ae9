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
    const hits = words.length === 0 ? [] : search(words);
    results.replaceChildren(...hits.slice(0, MOST).map(({ each }) => item(each, words)));
    results.hidden = words.length === 0;
    if (words.length > 0 && hits.length === 0) results.append(element('li', 'Nothing found.', 'none'));
    if (hits.length > MOST) results.append(element('li', 'and ' + (hits.length - MOST) + ' more', 'none'));
    found.textContent = words.length === 0 ? '' : hits.length + ' found';
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
