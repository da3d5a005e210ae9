/** Writes the fields of an event as a tree with a fold for each object and each alternative. */
import type { FieldForm, FieldGroup, FieldNode } from '../../catalog/words/field-tree';
import { lines } from './html-page';
import { html, type Html } from './html-text';
import * as words from './reader-words';

type Part = 'data' | 'context';
/** Returns more about a field, by its path. */
export type FieldNotes = (path: string) => Html | false;

const OPEN_DEPTH = 3;
const OPEN_FIELDS = 30;
const OPEN_FORMS = 3;
const SHORT_TYPE = 160;

/** Returns the tree, or a sentence if there are no fields. */
export function fieldTreeHtml(part: Part, tree: FieldGroup | null, none: string, notes?: FieldNotes): readonly Html[] {
  if (tree === null || (tree.fields.length === 0 && tree.forms.length === 0)) return [html`<p>${none}</p>`];
  return [
    html`<div class="tree">`,
    ...new TreeWriter(part, notes).group(tree, `Fields of the ${part}`, 0),
    html`</div>`,
  ];
}

/** Lists the constraints of a part of the event. */
export function rulesHtml(rules: readonly string[]): readonly Html[] {
  if (rules.length === 0) return [];
  return [html`<ul class="rules">${rules.map((rule) => html`<li>${rule}</li>`)}</ul>`];
}

/**
 * Returns the anchor of a field, without spaces, and without characters that are invalid in a page
 * or an address.
 */
export function fieldAnchor(part: Part, path: string): string {
  return `${part}.${path.replace(/\s/g, '\u2420').replace(/[\u0000-\u001f\u007f\ud800-\udfff]/gu, '\ufffd')}`;
}

class TreeWriter {
  private readonly anchors = new Set<string>();

  constructor(
    private readonly part: Part,
    private readonly notes: FieldNotes | undefined,
  ) {}

  group({ fields, forms, choice }: FieldGroup, label: string, depth: number): readonly Html[] {
    return [
      ...this.list(fields, label, depth),
      ...(forms.length === 0 ? [] : [html`<p class="choice">${words.choiceNote(choice, forms.length)}</p>`]),
      ...forms.map((form) => this.form(form, depth, forms.length <= OPEN_FORMS)),
    ];
  }

  private list(fields: readonly FieldNode[], label: string, depth: number): readonly Html[] {
    if (fields.length === 0) return [];
    return [
      html`<ul class="fields" aria-label="${label}">
${lines(fields.map((field) => this.field(field, depth)))}
</ul>`,
    ];
  }

  private form({ label, names, constraints, fields }: FieldForm, depth: number, isOpen: boolean): Html {
    return html`<details class="form"${isOpen && html` open`}><summary><bdi>${label}</bdi> <span class="names">${names}</span></summary>
${lines([...rulesHtml(constraints.map(words.sentence)), ...this.list(fields, `Fields if ${label}`, depth + 1)])}
</details>`;
  }

  private field(field: FieldNode, depth: number): Html {
    const { path, fields, forms } = field;
    const anchor = this.anchor(path);
    const link = html`<a class="anchor" href="#${encodeURIComponent(anchor)}" aria-label="Link to ${path}">#</a>`;
    const about = this.about(field);
    if (fields.length === 0 && forms.length === 0)
      return html`<li id="${anchor}">${link}<div class="line">${headOf(field)}</div>${about}</li>`;
    const isOpen = depth < OPEN_DEPTH && fields.length <= OPEN_FIELDS;
    const inside = this.group(field, `Fields of ${path}`, depth + 1);
    return html`<li id="${anchor}">${link}<details${isOpen && html` open`}><summary class="line">${headOf(field)}</summary>${about}
${lines(inside)}
</details></li>`;
  }

  private about({ path, type, title, description, constraints, repeats }: FieldNode): Html | false {
    const more = this.notes?.(path);
    const rules = [...constraints.map(words.sentence), ...(repeats === undefined ? [] : [words.recursion(repeats)])];
    const texts = [title, description].filter((text) => text !== null);
    if (texts.length === 0 && rules.length === 0 && !more && isShort(type)) return false;
    return html`<div class="about">${texts.map((text) => html`<p dir="auto">${text}</p>`)}${longType(type)}${rulesHtml(rules)}${more}</div>`;
  }

  /** Returns an anchor; alternatives may have fields with the same path. */
  private anchor(path: string): string {
    const first = fieldAnchor(this.part, path);
    let anchor = first;
    for (let at = 2; this.anchors.has(anchor); at++) anchor = `${first}~${at}`;
    this.anchors.add(anchor);
    return anchor;
  }
}

function headOf(field: FieldNode): Html {
  const { name, type, isRequired, isPersonal, isDeprecated } = field;
  const label =
    name === undefined ? html`<span class="each">${field.label}</span>` : html`<code class="key">${name}</code>`;
  const presence =
    name !== undefined &&
    html` <span class="${isRequired ? 'need' : 'may'}">${isRequired ? 'required' : 'optional'}</span>`;
  const marks = [...(isPersonal ? ['personal'] : []), ...(isDeprecated ? ['deprecated'] : [])];
  const short = isShort(type) ? type : `${type.slice(0, SHORT_TYPE / 2)}…`;
  return html`${label} <code class="type">${short}</code>${presence}${marks.map((mark) => html` <span class="mark">${mark}</span>`)}`;
}

/** Shows a long list of values below the field, in a fold. */
function longType(type: string): Html | false {
  return isShort(type)
    ? false
    : html`<details class="values"><summary>Type in full</summary><code>${type}</code></details>`;
}

function isShort(type: string): boolean {
  return type.length <= SHORT_TYPE;
}
