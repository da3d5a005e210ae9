/** Script of the pages: the search in names, titles, descriptions and fields. */
export const SEARCH_SCRIPT = String.raw`
  const MOST = 50;
  /** Rank of a word in the name of an event. */
  const IN_NAME = 2;
  const box = document.querySelector('.search');
  const input = document.getElementById('query');
  const found = document.getElementById('found');
  const results = document.getElementById('results');
  const SPLIT = /[^\p{L}\p{N}]+/u;

  /** Returns a rank that is lower the closer to the name a word is found; undefined without a match. */
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
      .filter(({ entry }) => fits(entry))
      .map((each) => ({ each, distances: words.map((word) => distance(each, word)) }))
      .filter(({ distances }) => !distances.includes(undefined))
      .map(({ each, distances }) => ({ each, far: Math.max(...distances) }))
      .sort((a, b) => a.far - b.far);

  /** Returns the number of letters to add, remove, change or swap, or more than most if it is larger. */
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

  /** The entries that contain each word: many entries share a word, which is compared once. */
  let dictionary;

  const wordsOf = ({ name, title, text, fields }) => new Set([name, title, text, ...fields].join(' ').split(SPLIT));

  const readDictionary = () => {
    dictionary = new Map();
    for (const each of entries)
      for (const word of wordsOf(each)) {
        if (word.length < 3) continue;
        if (!dictionary.has(word)) dictionary.set(word, []);
        dictionary.get(word).push(each);
      }
  };

  /** Returns the entries that contain a word or a similar one. */
  const near = (part) => {
    if (dictionary === undefined) readDictionary();
    const most = part.length < 4 ? 0 : part.length < 8 ? 1 : 2;
    const hits = new Set(entries.filter((each) => distance(each, part) !== undefined));
    // The time of a comparison grows with both lengths.
    if (most > 0 && part.length <= 40)
      for (const [word, having] of dictionary) if (spelling(part, word, most) <= most) for (const each of having) hits.add(each);
    return hits;
  };

  /** Returns the entries with similarly spelled words that the search has not found. */
  const searchNear = (words, exact) => {
    const parts = words.flatMap((word) => word.split(SPLIT)).filter(Boolean).slice(0, 8);
    if (parts.length === 0) return [];
    const hits = parts.map(near);
    return entries.filter((each) => fits(each.entry) && hits.every((hit) => hit.has(each)) && !exact.includes(each));
  };

  const item = ({ entry, fields }, words) => {
    const link = element('a', '');
    link.href = root + entry.address + hashOf('');
    link.append(element('code', entry.name));
    if (entry.note) link.append(' ', element('span', entry.note, 'mark'));
    const hits = entry.fields.filter((_, at) => words.some((word) => fields[at].includes(word)));
    const why = [entry.title, hits.slice(0, 4).join(', ')].filter(Boolean).join(' · ');
    if (why) {
      const line = element('span', why, 'why');
      line.dir = 'auto';
      link.append(line);
    }
    const made = element('li', '');
    made.append(link);
    return made;
  };

  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const ranked = words.length === 0 ? [] : search(words);
    const exact = ranked.map(({ each }) => each);
    const isNamed = ranked.some(({ far }) => far <= IN_NAME);
    const similar = words.length === 0 || isNamed ? [] : searchNear(words, exact);
    const shown = exact.slice(0, MOST);
    results.replaceChildren(...shown.map((each) => item(each, words)));
    if (words.length > 0 && exact.length === 0)
      results.append(element('li', similar.length === 0 ? 'Nothing found.' : 'Nothing found. Similar:', 'none'));
    else if (similar.length > 0) results.append(element('li', 'Similar:', 'none'));
    results.append(...similar.slice(0, MOST - shown.length).map((each) => item(each, words)));
    const hidden = exact.length + similar.length - results.querySelectorAll('a').length;
    if (hidden > 0) results.append(element('li', 'and ' + hidden + ' more', 'none'));
    results.hidden = words.length === 0;
    const counts = [exact.length > 0 || similar.length === 0 ? exact.length + ' found' : '', similar.length > 0 ? similar.length + ' similar found' : ''];
    found.textContent = words.length === 0 ? '' : counts.filter(Boolean).join(', ');
  };

  const close = () => {
    results.hidden = true;
  };

  const move = (by) => {
    const stops = [input, ...results.querySelectorAll('a')];
    const next = stops[stops.indexOf(document.activeElement) + by];
    if (next) next.focus();
  };

  const onKey = (event) => {
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
  };

  const buildSearch = () => {
    input.addEventListener('input', show);
    input.addEventListener('focus', () => {
      if (input.value !== '' && results.hidden) show();
    });
    box.addEventListener('keydown', onKey);
    box.addEventListener('focusout', (event) => {
      if (event.relatedTarget && !box.contains(event.relatedTarget)) close();
    });
    document.addEventListener('click', (event) => {
      if (!box.contains(event.target)) close();
    });
    document.addEventListener('keydown', (event) => {
      const isTyping = event.target instanceof Element && event.target.closest('input, select, textarea, [contenteditable]');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
    box.hidden = false;
    // A page restored by the browser has the typed text, but not its results.
    if (input.value !== '') show();
  };
`;
