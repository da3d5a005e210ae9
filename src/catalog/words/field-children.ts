/** Reads what a schema says of its fields, for the table and for the tree of fields. */
import { isSchema, propertiesOf, requiredOf, resolveRef, type JsonSchema } from '../json-schema';
import { constraintNotes } from './constraint-notes';
import { EACH, type FieldStep } from './field-steps';
import type { ObjectForms } from './form-tags';
import { looseLimits, replacedLimits } from './limits';
import type { Form } from './schema-forms';

/** Field of an object, or the items of a list, in all forms that have it. */
export interface Child {
  readonly step: FieldStep;
  /** True for the items of a list, and for the values of a map. */
  readonly isItem: boolean;
  readonly schemas: JsonSchema[];
  /** Forms of the object that have the child. `requiredBy` has the forms that require it. */
  readonly of: Set<Form>;
  readonly requiredBy: Set<Form>;
  /** Schema of the child in each form, for descriptions that differ. */
  readonly byForm: Map<Form, JsonSchema>;
}

export interface Presence {
  /** `in some forms`: the object has alternatives, and not all of them require the field. */
  readonly presence: 'required' | 'optional' | 'in some forms';
  /**
   * Condition of the presence, or of the requirement if the field may always be present: `if kind
   * is "card"`. null: always, or no field distinguishes the forms.
   */
  readonly when: string | null;
}

/**
 * Maximum number of fields below which none is expanded further. Definitions without recursion can
 * use each other in exponentially many places.
 */
export const MAX_EXPANDED = 2_000;
export const NOT_EXPANDED = 'its fields are in the JSON Schema';

/** Schemas on the path down, with the path of each. */
export type Ancestors = ReadonlyMap<JsonSchema, string>;

/** Separates the forms that repeat a schema on the path down, which would have no end. */
export class Repeats {
  readonly own: readonly Form[];
  /** Path of the repeated field; undefined without a repetition. */
  readonly repeats: string | undefined;
  readonly ancestors: Ancestors;

  constructor(forms: readonly Form[], path: string, above: Ancestors) {
    const isRepeat = ({ origins }: Form): boolean => origins.some((origin) => above.has(origin));
    const repeated = forms.find(isRepeat)?.origins.find((origin) => above.has(origin));
    this.own = forms.filter((form) => !isRepeat(form));
    this.repeats = repeated === undefined ? undefined : above.get(repeated);
    this.ancestors = new Map([
      ...above,
      ...this.own.flatMap(({ origins }) => origins.map((each) => [each, path] as const)),
    ]);
  }
}

/** Returns the children of all forms. A child has one entry, even if several forms have it. */
export function childrenOf(forms: readonly Form[]): readonly Child[] {
  const children = new Map<FieldStep, Child>();
  const add = (form: Form, step: FieldStep, given: unknown, kind: 'required' | 'optional' | 'item'): void => {
    const schema = given === true && kind !== 'item' ? {} : given;
    if (!isSchema(schema)) return;
    const child = children.get(step) ?? newChild(step, kind === 'item');
    child.schemas.push(schema);
    child.of.add(form);
    child.byForm.set(form, schema);
    if (kind === 'required') child.requiredBy.add(form);
    children.set(step, child);
  };
  for (const form of forms) {
    const { schema } = form;
    const properties = propertiesOf(schema);
    const required = new Set(requiredOf(schema));
    for (const [name, property] of Object.entries(properties))
      add(form, name, property, required.has(name) ? 'required' : 'optional');
    for (const name of required) if (!Object.hasOwn(properties, name)) add(form, name, {}, 'required');
    for (const [step, item] of itemsOf(schema)) add(form, step, item, 'item');
  }
  return [...children.values()];
}

function itemsOf(schema: JsonSchema): readonly (readonly [step: FieldStep, item: unknown])[] {
  const { prefixItems, patternProperties } = schema;
  const others = ['items', 'unevaluatedItems', 'additionalProperties', 'unevaluatedProperties'];
  return [
    ...(Array.isArray(prefixItems) ? prefixItems.map((item, at) => [String(at), item] as const) : []),
    ...others.map((word) => [EACH, schema[word]] as const),
    ...(isSchema(patternProperties) ? Object.values(patternProperties) : []).map((item) => [EACH, item] as const),
  ];
}

function newChild(step: FieldStep, isItem: boolean): Child {
  return { step, isItem, schemas: [], of: new Set(), requiredBy: new Set(), byForm: new Map() };
}

export function presenceOf({ of, requiredBy, isItem }: Child, objects: ObjectForms): Presence {
  if (isItem) return { presence: 'optional', when: null };
  const isEverywhere = objects.forms.every((form) => of.has(form));
  const present = isEverywhere ? undefined : objects.conditionOf(of);
  const when = (condition: string | undefined): string | null => (condition === undefined ? null : `if ${condition}`);
  if (requiredBy.size === 0) return { presence: 'optional', when: when(present) };
  if (objects.forms.every((form) => requiredBy.has(form))) return { presence: 'required', when: null };
  const condition = objects.conditionOf(requiredBy);
  return { presence: condition === undefined ? 'in some forms' : 'required', when: when(condition) };
}

/** Returns the notes on a schema, with the forms that each applies to. */
export function notesOf(forms: readonly Form[], root: JsonSchema): ReadonlyMap<string, ReadonlySet<Form>> {
  const byText = new Map<string, Set<Form>>();
  for (const form of forms) {
    const ofParts = form.parts.flatMap((part) => [
      ...constraintNotes(part, root),
      ...(form.parts.length > 1 ? replacedLimits(part, form.schema) : []),
    ]);
    const texts = [...looseLimits(form.schema), ...ofParts];
    for (const text of texts) byText.set(text, (byText.get(text) ?? new Set()).add(form));
  }
  return byText;
}

/** Returns the title of a field. Titles of its alternatives are the names of forms. */
export function titleOf(schemas: readonly JsonSchema[], root: JsonSchema): string | null {
  return firstText(schemas.map((schema) => schema['title'] ?? resolveRef(schema, root)['title']));
}

export function descriptionOf(schemas: readonly JsonSchema[]): string | null {
  return firstText(schemas.map((schema) => schema['description']));
}

function firstText(texts: readonly unknown[]): string | null {
  return texts.find((text): text is string => typeof text === 'string' && text !== '') ?? null;
}
