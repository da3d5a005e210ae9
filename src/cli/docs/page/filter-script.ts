/**
 * Script of the pages: filters for the index, the side list and the search. The hash of the address
 * has them after the anchor, `#data.user_id?owner=video`, so that a filtered page can be shared.
 */
export const FILTER_SCRIPT = String.raw`
  const YES_NO = { yes: true, no: false };
  const FILTERS = [
    { key: 'owner', label: 'Owner', values: valuesOf('owner'), fits: (entry, value) => entry.owner === value },
    { key: 'source', label: 'Source', values: valuesOf('source'), fits: (entry, value) => entry.source === value },
    {
      ...{ key: 'personal', label: 'Personal data', values: choicesOf('isPersonal', 'with', 'without') },
      fits: (entry, value) => entry.isPersonal === YES_NO[value],
    },
    {
      ...{ key: 'deprecated', label: 'Deprecated', values: choicesOf('isDeprecated', 'only', 'hidden') },
      fits: (entry, value) => (entry.isDeprecated === true) === YES_NO[value],
    },
  ].filter(({ values }) => values.length > 1);

  /** Returns the different values of a fact; events without it can be found too. */
  function valuesOf(fact) {
    const values = [...new Set(events.map((entry) => entry[fact]))];
    return values.filter((value) => value !== undefined).sort().map((value) => [value, value]).concat(values.includes(undefined) ? [['', 'none']] : []);
  }

  function choicesOf(fact, yes, no) {
    const found = new Set(events.map((entry) => entry[fact] === true));
    return found.size > 1 ? [['yes', yes], ['no', no]] : [];
  }

  let chosen = new Map();

  const fits = (entry) =>
    [...chosen].every(([key, value]) => {
      const filter = FILTERS.find((each) => each.key === key);
      if (!isEvent(entry) && key !== 'personal') return false;
      return value === '' ? entry[key] === undefined : filter.fits(entry, value);
    });

  /** Returns the chosen filters as the end of an address. */
  const hashOf = (anchor) => {
    const query = new URLSearchParams([...chosen]).toString();
    const hash = anchor + (query === '' ? '' : '?' + query);
    return hash === '' ? '' : '#' + hash;
  };

  const anchorIn = (hash) => hash.slice(1).split('?')[0];

  const readHash = () => {
    const [, ...query] = location.hash.split('?');
    const given = new URLSearchParams(query.join('?'));
    chosen = new Map(FILTERS.flatMap(({ key }) => (given.has(key) ? [[key, given.get(key)]] : [])));
  };

  const selects = new Map();
  const filterBox = element('div', '', 'filters');
  const filterToggle = element('button', 'Filters', 'toggle');
  const filterClear = element('button', 'Clear filters', 'clear');

  const buildFilters = () => {
    if (FILTERS.length === 0) return;
    filterToggle.type = filterClear.type = 'button';
    filterToggle.setAttribute('aria-expanded', 'false');
    filterToggle.setAttribute('aria-controls', 'filters');
    filterBox.id = 'filters';
    filterBox.setAttribute('role', 'group');
    filterBox.setAttribute('aria-label', 'Filters');
    for (const { key, label, values } of FILTERS) {
      const select = element('select', '');
      select.append(new Option('any', '*'), ...values.map(([value, text]) => new Option(text, value)));
      select.addEventListener('change', () => choose(key, select.value));
      const wrapped = element('label', label + ' ');
      wrapped.append(select);
      filterBox.append(wrapped);
      selects.set(key, select);
    }
    filterBox.append(filterClear);
    filterClear.addEventListener('click', () => {
      chosen = new Map();
      changed();
      selects.values().next().value.focus();
    });
    filterToggle.addEventListener('click', () => {
      const isOpen = filterToggle.getAttribute('aria-expanded') !== 'true';
      filterToggle.setAttribute('aria-expanded', String(isOpen));
      document.querySelector('header').classList.toggle('filtering', isOpen);
    });
    document.querySelector('header').append(filterToggle, filterBox);
  };

  const choose = (key, value) => {
    if (value === '*') chosen.delete(key);
    else chosen.set(key, value);
    changed();
  };

  /** Shows the chosen filters on the page, and in the address. */
  const changed = () => {
    const hash = hashOf(anchorIn(location.hash));
    if (hash !== location.hash) history.replaceState(null, '', location.pathname + location.search + hash);
    showFilters();
  };

  const showFilters = () => {
    for (const [key, select] of selects) select.value = chosen.get(key) ?? '*';
    filterClear.hidden = chosen.size === 0;
    filterToggle.textContent = chosen.size === 0 ? 'Filters' : 'Filters (' + chosen.size + ')';
    filterIndex();
    fillSide();
  };

  const size = main.querySelector('.size');
  const sizeText = size && size.textContent;
  const noEvent = element('p', 'No event matches these filters.', 'none');

  /** Hides the rows and groups of the index that do not match. */
  const filterIndex = () => {
    if (!size) return;
    const matching = new Set(entries.filter(({ entry }) => fits(entry)).map(({ entry }) => entry.address));
    for (const group of main.querySelectorAll('.group')) {
      const rows = [...group.querySelectorAll('tbody tr')];
      for (const row of rows) row.hidden = !matching.has(row.querySelector('a').getAttribute('href'));
      group.hidden = rows.every((row) => row.hidden);
    }
    const shown = events.filter(fits).length;
    size.setAttribute('role', 'status');
    size.textContent = chosen.size === 0 ? sizeText : shown + ' of ' + events.length + ' events match the filters.';
    noEvent.remove();
    if (shown === 0 && chosen.size > 0) size.after(noEvent);
  };

  /** Keeps the filters when a link to an anchor of the page changes the hash. */
  const followHash = () => {
    const anchor = anchorIn(location.hash);
    if (location.hash.includes('?')) readHash();
    else if (chosen.size > 0) history.replaceState(null, '', location.pathname + location.search + hashOf(anchor));
    showFilters();
    goTo(anchor);
  };

  /** Opens the folds around an anchor, and scrolls to it: a browser does not know anchors with filters. */
  const goTo = (anchor) => {
    let target = null;
    try {
      target = anchor === '' ? null : document.getElementById(decodeURIComponent(anchor));
    } catch {
      // An address that somebody has cut has no target.
    }
    for (const each of document.querySelectorAll('.target')) each.classList.remove('target');
    if (target === null) return;
    for (let at = target.closest('details'); at; at = at.parentElement.closest('details')) at.open = true;
    if (target.matches('li')) target.classList.add('target');
    target.scrollIntoView();
  };
`;
