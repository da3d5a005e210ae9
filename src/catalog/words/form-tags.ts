import { propertiesOf, requiredOf, resolveRef, valuesOf, type JsonSchema } from '../json-schema';
import { formTypes } from './field-type';
import type { Form } from './schema-forms';

/** Forms of one object, with the field that distinguishes them, if there is one. */
export class ObjectForms {
  private readonly tag: string | undefined;
  private readonly tags: ReadonlyMap<Form, readonly string[]>;

  constructor(
    readonly forms: readonly Form[],
    root: JsonSchema,
  ) {
    const names = forms.length < 2 ? [] : requiredOf(forms[0]?.schema ?? {});
    const valuesIn = ({ schema }: Form, name: string): readonly string[] => {
      const values = requiredOf(schema).includes(name) ? valuesAt(propertiesOf(schema)[name], root) : undefined;
      return values?.map((value) => JSON.stringify(value)) ?? [];
    };
    this.tag = names.find((name) => areApart(forms.map((form) => valuesIn(form, name))));
    this.tags = new Map(forms.map((form) => [form, this.tag === undefined ? [] : valuesIn(form, this.tag)]));
  }

  static of(forms: readonly Form[], root: JsonSchema): ObjectForms {
    return new ObjectForms(
      forms.filter(({ schema }) => formTypes(schema).includes('object')),
      root,
    );
  }

  /** Returns true for the field that distinguishes the forms. */
  isTag(step: unknown): boolean {
    return this.tag !== undefined && step === this.tag;
  }

  /**
   * Returns the condition of some forms: `kind is "card" or "cash"`. undefined for all forms, or if
   * no field distinguishes them.
   */
  conditionOf(forms: ReadonlySet<Form>): string | undefined {
    if (this.tag === undefined || this.forms.every((form) => forms.has(form))) return undefined;
    const values = this.forms.filter((form) => forms.has(form)).flatMap((form) => this.tags.get(form) ?? []);
    return `${this.tag} is ${[...new Set(values)].join(' or ')}`;
  }

  /**
   * Lists the fields of each form if no field distinguishes the forms: `one of 2 forms: a, b?; or
   * c`.
   */
  description(): string | undefined {
    if (this.tag !== undefined || this.forms.length < 2) return undefined;
    const lists = [...new Set(this.forms.map(({ schema }) => fieldList(schema)))];
    if (lists.length < 2) return undefined;
    const shown = lists.slice(0, MAX_LISTED).join('; or ');
    return `one of ${lists.length} forms: ${shown}${lists.length > MAX_LISTED ? `; or ${lists.length - MAX_LISTED} more` : ''}`;
  }
}

const MAX_LISTED = 6;

/** Lists the fields of a form: `a, b?`. */
export function fieldList(schema: JsonSchema): string {
  const required = requiredOf(schema);
  const names = [...new Set([...Object.keys(propertiesOf(schema)), ...required])];
  return names.map((name) => (required.includes(name) ? name : `${name}?`)).join(', ') || 'no field';
}

function valuesAt(property: unknown, root: JsonSchema): readonly unknown[] | undefined {
  return typeof property === 'object' && property !== null
    ? valuesOf(resolveRef(property as JsonSchema, root))
    : undefined;
}

function areApart(lists: readonly (readonly string[])[]): boolean {
  const all = lists.flat();
  return lists.every((list) => list.length > 0) && new Set(all).size === all.length;
}
