/** Style of the pages: colors, the header with search and filters, and the side list. */
export const FRAME_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f6f8; --text: #1b2127; --quiet: #55606b; --line: #d5dbe1;
  --link: #0b57b8; --mark: #8a3d00; --mark-ground: #fdeedd; --warning-ground: #fff4d6; --here: #e3eefb;
  --header: 3.5rem; --mono: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --raised: #1e242a; --text: #e6eaee; --quiet: #a3aeb9; --line: #39424b;
    --link: #7db7ff; --mark: #ffb877; --mark-ground: #3a2712; --warning-ground: #332a10; --here: #1d3048;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: calc(var(--header) + 1rem); }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
code, pre { font-family: var(--mono); font-size: 0.9em; unicode-bidi: isolate; }
a { color: var(--link); text-underline-offset: 0.15em; }
[hidden] { display: none !important; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; inset-inline-start: -100rem; }
.skip:focus { inset-inline-start: 1rem; top: 0.5rem; z-index: 3; padding: 0.25rem 0.75rem; background: var(--ground); }
.hidden-text { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, select, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 0.3rem; }
button { padding: 0.2rem 0.7rem; cursor: pointer; font-size: 0.9rem; }
button:hover { background: var(--raised); }

header {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center;
  min-height: var(--header); padding: 0.5rem 1.25rem; background: var(--raised); border-bottom: 1px solid var(--line);
}
.home { flex: 0 1 auto; min-width: 0; max-width: 18rem; }
.home a { display: block; overflow: hidden; color: inherit; font-weight: 600; text-decoration: none; text-overflow: ellipsis; white-space: nowrap; }
.home a:hover { text-decoration: underline; }
.search { position: relative; display: flex; flex: 1 1 16rem; max-width: 30rem; align-items: center; gap: 0.6rem; }
.search label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.search input { flex: 1; min-width: 0; padding: 0.35rem 0.6rem; }
.search input::placeholder { color: var(--quiet); opacity: 1; }
#found { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#results {
  position: absolute; top: calc(100% + 0.4rem); inset-inline: 0; max-height: min(28rem, 70vh); overflow-y: auto; margin: 0;
  padding: 0.3rem; list-style: none; background: var(--ground); border: 1px solid var(--line); border-radius: 0.4rem;
  box-shadow: 0 0.5rem 1.5rem rgb(0 0 0 / 0.25);
}
#results a { display: block; padding: 0.4rem 0.6rem; border-radius: 0.3rem; color: inherit; text-decoration: none; }
#results a:hover, #results a:focus { background: var(--raised); }
#results a:focus-visible { outline-offset: -3px; }
#results code { color: var(--link); overflow-wrap: anywhere; }
#results .why { display: block; color: var(--quiet); font-size: 0.875rem; overflow-wrap: anywhere; }
#results .none { padding: 0.4rem 0.6rem; }
.none { color: var(--quiet); }
.filters { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center; font-size: 0.875rem; }
.filters label { display: flex; align-items: center; gap: 0.35rem; color: var(--quiet); white-space: nowrap; }
.filters select { max-width: 10rem; padding: 0.2rem 0.3rem; color: var(--text); }
.toggle { display: none; }

.columns { display: grid; grid-template-columns: 21rem minmax(0, 1fr); }
/* The side list takes a part of the window, so the content asks for its own width. */
main { grid-column: 2; container-type: inline-size; width: 100%; max-width: 69rem; padding: 1rem 2.5rem 4rem; }
.side {
  position: sticky; top: var(--header); align-self: start; max-height: calc(100vh - var(--header)); overflow-y: auto;
  padding: 0.9rem 0.75rem 2rem 1.25rem; font-size: 0.85rem; line-height: 1.4; scrollbar-width: thin;
}
.side summary { padding: 0.25rem 0; cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
.side details details { margin-top: 0.35rem; }
.side details details summary { color: var(--quiet); }
.side ul { margin: 0; padding: 0; list-style: none; border-inline-start: 1px solid var(--line); }
.side li a { display: block; padding: 0.22rem 0.6rem; color: inherit; text-decoration: none; overflow-wrap: anywhere; border-radius: 0 0.25rem 0.25rem 0; }
.side li a:hover { background: var(--raised); }
.side li a[aria-current] { background: var(--here); box-shadow: inset 3px 0 var(--link); }
[dir="rtl"] .side li a[aria-current] { box-shadow: inset -3px 0 var(--link); }
.side code { font-size: 1em; }
.side .start { color: var(--quiet); }
.count { color: var(--quiet); font-size: 0.8rem; font-weight: 400; }

@media (max-width: 75rem) {
  .filters { flex-basis: 100%; }
  :root { --header: 6rem; }
}
@media (max-width: 60rem) {
  :root { --header: 3.5rem; }
  header { padding: 0.5rem 1rem; }
  .home { flex-basis: 100%; max-width: 100%; font-size: 0.95rem; }
  .search { flex-basis: 10rem; max-width: none; }
  .toggle { display: block; padding-block: 0.35rem; }
  .filters { display: none; }
  .filtering .filters { display: grid; grid-template-columns: 1fr 1fr; }
  .filters label { flex-wrap: wrap; }
  .filters select { width: 100%; max-width: none; padding-block: 0.4rem; }
  html { scroll-padding-top: 7rem; }
  .columns { display: block; }
  main { max-width: none; padding: 0.5rem 1rem 3rem; }
  .side { position: static; max-height: none; padding: 0; font-size: 0.95rem; border-bottom: 1px solid var(--line); }
  .side > details > summary { padding: 0.65rem 1rem; }
  .side > details[open] { max-height: 70vh; overflow-y: auto; }
  .side > details > :not(summary) { margin-inline: 1rem; }
  .side > details > :last-child { margin-bottom: 1rem; }
  .side li a { padding-block: 0.45rem; }
}
@media print { header, .side, .pager, .anchor, button { display: none !important; } .columns { display: block; } }
`;
