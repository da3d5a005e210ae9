/** Style of the pages: texts, tables, the tree of fields and code. */
export const CONTENT_STYLE = `
h1 { margin: 1rem 0 0.25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h1 code { font-size: 1em; }
h2 { margin: 2.25rem 0 0.6rem; font-size: 1.2rem; line-height: 1.3; overflow-wrap: anywhere; }
.title { margin: 0 0 1rem; color: var(--quiet); font-size: 1.1rem; }
main p { overflow-wrap: anywhere; }
.warning { padding: 0.6rem 0.9rem; background: var(--warning-ground); border-inline-start: 0.3rem solid var(--mark); }
dl { margin: 1.25rem 0; }
dl div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: 0.2rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.size { color: var(--quiet); }

.table { border: 1px solid var(--line); border-radius: 0.4rem; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 0.94rem; }
th, td { padding: 0.45rem 0.75rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--raised); color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 400; overflow-wrap: break-word; }
td { overflow-wrap: anywhere; }
th.name { width: 36%; }
th.label { width: 24%; }
th.short { width: 7.5rem; }
th.word { width: 6.25rem; }
.subtitle { display: block; color: var(--quiet); font-size: 0.9em; }
.mark {
  padding: 0.05rem 0.4rem; color: var(--mark); background: var(--mark-ground); border-radius: 0.25rem; font-size: 0.8rem; white-space: nowrap;
}
.mark.old { white-space: normal; overflow-wrap: anywhere; box-decoration-break: clone; -webkit-box-decoration-break: clone; }

.tree { position: relative; }
.fold { position: absolute; inset-inline-end: 0; bottom: calc(100% + 0.5rem); }
.fields { margin: 0; padding: 0; list-style: none; }
.fields .fields, .form > .fields { margin-inline-start: 0.35rem; padding-inline-start: 1rem; border-inline-start: 1px solid var(--line); }
.fields li { position: relative; padding-inline-end: 1.5rem; }
.fields > li { border-top: 1px solid var(--line); }
.fields .fields > li:first-child, .form > .fields > li:first-child { border-top: 0; }
.target > .line, .target > details > .line, :target > .line, :target > details > .line { background: var(--mark-ground); }
.line { padding: 0.4rem 0 0.4rem 1.1rem; overflow-wrap: anywhere; }
[dir="rtl"] .line { padding: 0.4rem 1.1rem 0.4rem 0; }
summary.line { padding-inline-start: 0; cursor: pointer; }
.line .key { font-weight: 600; font-size: 0.95em; }
.line .each { font-style: italic; }
.type { color: var(--quiet); }
.line .type { margin-inline-start: 0.4rem; }
.need, .may { margin-inline-start: 0.4rem; font-size: 0.8rem; }
.need { font-weight: 600; }
.may { color: var(--quiet); }
.about { padding: 0 0 0.5rem 1.1rem; }
[dir="rtl"] .about { padding: 0 1.1rem 0.5rem 0; }
.about p { margin: 0 0 0.2rem; }
.about .origin { color: var(--quiet); font-size: 0.9rem; }
.rules { margin: 0; padding-inline-start: 1.2rem; color: var(--quiet); font-size: 0.9rem; overflow-wrap: anywhere; }
.tree + .rules { margin-top: 0.75rem; }
.anchor {
  position: absolute; inset-inline-end: 0; top: 0.4rem; padding: 0 0.4rem; color: var(--quiet); text-decoration: none; opacity: 0;
}
li:hover > .anchor, .anchor:focus { opacity: 1; }
@media (hover: none) { .anchor { opacity: 1; } }
.choice { margin: 0.5rem 0 0.35rem; color: var(--quiet); font-size: 0.9rem; }
.fields .choice { padding-inline-start: 1.1rem; }
.form { margin: 0 0 0.5rem; border: 1px solid var(--line); border-radius: 0.4rem; }
.fields .form { margin-inline-start: 1.1rem; }
.form > summary { padding: 0.35rem 0.75rem; background: var(--raised); border-radius: 0.4rem; cursor: pointer; overflow-wrap: anywhere; }
.form[open] > summary { border-radius: 0.4rem 0.4rem 0 0; }
.form .names { color: var(--quiet); font-size: 0.85rem; }
.form[open] > summary .names { display: none; }
.form > .fields { margin: 0; padding: 0 0.75rem; border: 0; }
.form > .rules { margin: 0.4rem 0.75rem; }
.values summary { color: var(--link); cursor: pointer; font-size: 0.9rem; }
.values code { overflow-wrap: anywhere; }
.schema { margin: 0.75rem 0 0; }

.code { position: relative; }
.copy { position: absolute; top: 0.5rem; inset-inline-end: 0.5rem; }
pre { margin: 0; padding: 0.9rem; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 0.4rem; direction: ltr; text-align: left; }
.paths { padding-inline-start: 1.2rem; overflow-wrap: anywhere; }
.pager { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.pager a { flex: 1 1 14rem; padding: 0.6rem 0.9rem; border: 1px solid var(--line); border-radius: 0.4rem; text-decoration: none; overflow-wrap: anywhere; }
.pager a:hover { background: var(--raised); }
.pager a[rel="next"] { text-align: end; }
.pager span { display: block; color: var(--quiet); font-size: 0.85rem; }

@container (max-width: 54rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; }
  tr { padding: 0.5rem 0.75rem; border-top: 1px solid var(--line); }
  tbody tr:first-child { border-top: 0; }
  th, td { padding: 0.1rem 0; border: 0; }
  td:empty { display: none; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); }
}
@container (max-width: 40rem) {
  dl div { grid-template-columns: 7.5rem 1fr; }
  .code pre { padding-top: 3rem; }
  .fields .fields { padding-inline-start: 0.6rem; }
  .form > .fields { padding: 0 0.5rem; }
}
`;
