/** Script of the pages: the side list of all events, and the links to the neighbours. */
export const SIDE_SCRIPT = String.raw`
  const side = document.querySelector('.side');
  const pager = document.querySelector('.pager');
  const wide = matchMedia('(min-width: 60rem)');

  /** Shows the common start of a group in a quiet color, so that the rest of a name stands out. */
  const nameOf = ({ name, group }) => {
    const made = element('code', '');
    const start = name.startsWith(group) && name.length > group.length + 1 ? name.slice(0, group.length + 1) : '';
    if (start !== '') made.append(element('span', start, 'start'));
    made.append(...name.slice(start.length).split(/(?<=[._/:])/).flatMap((word, at) => (at === 0 ? [word] : [document.createElement('wbr'), word])));
    return made;
  };

  const sideLink = (entry) => {
    const link = element('a', '');
    link.href = root + entry.address + hashOf('');
    link.append(nameOf(entry));
    if (entry.isDeprecated) link.append(' ', element('span', 'deprecated', 'mark'));
    if (entry === current) link.setAttribute('aria-current', 'page');
    const made = element('li', '');
    made.append(link);
    return made;
  };

  const sideGroup = (name, members, isOpen) => {
    const group = element('details', '');
    group.open = isOpen;
    const summary = element('summary', name + ' ');
    summary.append(element('span', String(members.length), 'count'));
    const list = element('ul', '');
    list.append(...members.map(sideLink));
    group.append(summary, list);
    return group;
  };

  const fillSide = () => {
    if (!side) return;
    const [fold] = side.children;
    const groups = new Map();
    for (const { entry } of entries) {
      if (!fits(entry)) continue;
      if (!groups.has(entry.group)) groups.set(entry.group, []);
      groups.get(entry.group).push(entry);
    }
    const shown = [...groups.values()].flat().filter(isEvent).length;
    const isShort = shown <= 40;
    const made = [...groups].map(([name, members]) => sideGroup(name, members, isShort || groups.size < 3 || members.includes(current)));
    const summary = element('summary', chosen.size === 0 ? 'All events ' : 'Events that match ');
    summary.append(element('span', String(shown), 'count'));
    fold.replaceChildren(summary, ...(made.length > 0 ? made : [element('p', 'No event matches these filters.', 'none')]));
    showNeighbours([...groups.values()].flat());
    const marked = side.querySelector('[aria-current]');
    // Only the list scrolls, not the page.
    if (marked && wide.matches) side.scrollTop = marked.offsetTop - side.clientHeight / 2;
  };

  /** Points the links below the page to the neighbours that match the filters. */
  const showNeighbours = (shown) => {
    const at = shown.indexOf(current);
    if (!pager || at === -1) return;
    const same = (entry) => entry !== undefined && isEvent(entry) === isEvent(current);
    const link = (entry, rel, label) => {
      const made = element('a', '');
      made.rel = rel;
      made.href = root + entry.address + hashOf('');
      made.append(element('span', label), ' ', element('code', entry.name));
      return made;
    };
    pager.replaceChildren(
      ...[[shown[at - 1], 'prev', 'Previous'], [shown[at + 1], 'next', 'Next']].flatMap(([entry, rel, label]) => (same(entry) ? [link(entry, rel, label)] : [])),
    );
  };

  const buildSide = () => {
    if (!side) return;
    const [fold] = side.children;
    side.classList.add('all');
    const fit = () => {
      fold.open = wide.matches;
    };
    wide.addEventListener('change', fit);
    fit();
  };
`;
