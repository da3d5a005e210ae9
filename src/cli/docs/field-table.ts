/**
 * Converts a JSON Schema to the rows of a table: one per field, followed by the nested fields of
 * objects and list items.
 */
import { isSchema, propertiesOf, requiredOf, type JsonSchema } from '../../catalog/json-schema';
import { ANY_KEY } from '../../processors/event-path';
import { constraintNotes } from './constraint-notes';
import { typeText } from './field-type';
import { ObjectForms } from './form-tags';
import { pathText, type FieldStep, type IsPersonal } from './personal-paths';
import { formsOf, type Form } from './schema-forms';

export interface FieldRow {
  /** Path of the field below the part of the event: `answers.*.text`. */
  readonly path: string;
  /** First step of the path, as in the event. */
  readonly key: string;
  readonly type: string;
  /** `in some forms`: the object has alternatives, and not all of them require the field. */
  readonly presence: 'required' | 'optional' | 'in some forms';
  /**
   * Condition of the presence, or of the requirement if the field may always be present: `if kind
   * is "card"`. null: always, or no field distinguishes the forms.
   */
  readonly when: string | null;
  readonly description: string | null;
  /** Other constraints of the field: `no item twice`. */
  readonly constraints: readonly string[];
  readonly isPersonal: boolean;
  readonly isDeprecated: boolean;
  /** Path of the field whose fields are repeated in this one; '' for the whole part. */
  readonly repeats: string | undefined;
}

/**
 * Returns the rows for a schema.
 * @param schema schema of the data or of the context of an event
 */
export function fieldRows(schema: JsonSchema | null, isPersonal: IsPersonal): readonly FieldRow[] {
  return schema === null ? [] : new FieldTable(schema, isPersonal).below(formsOf(schema, schema), [], new Map()).rows;
}

/** Describes the constraints of a whole part of the event. */
export function partConstraints(schema: JsonSchema | null): readonly string[] {
  return schema === null ? [] : constraintsOf(formsOf(schema, schema), schema);
}

function constraintsOf(forms: readonly Form[], root: JsonSchema): readonly string[] {
  const objects = ObjectForms.of(forms, root);
  const byText = new Map<string, Set<Form>>();
  for (const form of forms)
    for (const text of form.parts.flatMap((part) => constraintNotes(part, root)))
      byText.set(text, (byText.get(text) ?? new Set()).add(form));
  const notes = [...byText].map(([text, of]) => {
    if (of.size === forms.length) return text;
    const condition = objects.conditionOf(of);
    return condition === undefined ? `in some forms: ${text}` : `if ${condition}: ${text}`;
  });
  const description = objects.description();
  return description === undefined ? notes : [description, ...notes];
}

interface Child {
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

interface Below {
  readonly rows: readonly FieldRow[];
  readonly repeats: string | undefined;
}

/** Schemas on the path down, with the path of each. */
type Ancestors = ReadonlyMap<JsonSchema, string>;

class FieldTable {
  constructor(
    private readonly root: JsonSchema,
    private readonly isPersonal: IsPersonal,
  ) {}

  below(forms: readonly Form[], at: readonly FieldStep[], above: Ancestors): Below {
    const isRepeat = ({ origins }: Form): boolean => origins.some((origin) => above.has(origin));
    const repeated = forms.find(isRepeat)?.origins.find((origin) => above.has(origin));
    const own = forms.filter((form) => !isRepeat(form));
    const path = pathText(at);
    const ancestors = new Map([
      ...above,
      ...own.flatMap(({ origins }) => origins.map((each) => [each, path] as const)),
    ]);
    const objects = ObjectForms.of(own, this.root);
    const found = childrenOf(own).map((child) => this.field(child, objects, at, ancestors));
    return {
      rows: found.flatMap(({ rows }) => rows),
      repeats:
        repeated === undefined ? found.find(({ repeats }) => repeats !== undefined)?.repeats : above.get(repeated),
    };
  }

  /**
   * Returns the rows of a field and its nested fields. The list reports the repetitions of its
   * items, since items have no row.
   */
  private field(child: Child, objects: ObjectForms, above: readonly FieldStep[], ancestors: Ancestors): Below {
    const { step, isItem, schemas } = child;
    const steps: readonly FieldStep[] = [...above, step];
    const forms = schemas.flatMap((schema) => formsOf(schema, this.root));
    const { rows, repeats } = this.below(forms, steps, ancestors);
    const [first] = steps;
    const row: FieldRow = {
      path: pathText(steps),
      key: typeof first === 'string' ? first : '*',
      type: this.typeOf(child, forms, objects),
      ...presenceOf(child, objects),
      description: descriptionOf([...schemas, ...forms.map(({ schema }) => schema)]),
      constraints: constraintsOf(forms, this.root),
      isPersonal: this.isPersonal(steps),
      isDeprecated: schemas.every((schema) => schema['deprecated'] === true),
      repeats,
    };
    if (!isItem) return { rows: [row, ...rows], repeats: undefined };
    // The row of a list already shows the type of its items.
    const says = row.description !== null || row.constraints.length > 0 || (row.isPersonal && !this.isPersonal(above));
    return { rows: says ? [row, ...rows] : rows, repeats };
  }

  /**
   * Returns the type of a field. If the type differs between forms, includes the condition of each
   * type.
   */
  private typeOf({ step, byForm }: Child, forms: readonly Form[], objects: ObjectForms): string {
    const byType = new Map<string, Set<Form>>();
    for (const [form, schema] of byForm) {
      const type = typeText(formsOf(schema, this.root), this.root);
      byType.set(type, (byType.get(type) ?? new Set()).add(form));
    }
    const conditions = [...byType].map(([type, of]) => [type, objects.conditionOf(of)] as const);
    const areKnown = byType.size > 1 && conditions.every(([, condition]) => condition !== undefined);
    if (!areKnown || objects.isTag(step)) return typeText(forms, this.root);
    return conditions.map(([type, condition]) => `${type} if ${condition ?? ''}`).join('; ');
  }
}

function presenceOf({ of, requiredBy, isItem }: Child, objects: ObjectForms): Pick<FieldRow, 'presence' | 'when'> {
  if (isItem) return { presence: 'optional', when: null };
  const isEverywhere = objects.forms.every((form) => of.has(form));
  const present = isEverywhere ? undefined : objects.conditionOf(of);
  const when = (condition: string | undefined): string | null => (condition === undefined ? null : `if ${condition}`);
  if (requiredBy.size === 0) return { presence: 'optional', when: when(present) };
  if (objects.forms.every((form) => requiredBy.has(form))) return { presence: 'required', when: null };
  const condition = objects.conditionOf(requiredBy);
  return { presence: condition === undefined ? 'in some forms' : 'required', when: when(condition) };
}

function newChild(step: FieldStep, isItem: boolean): Child {
  return { step, isItem, schemas: [], of: new Set(), requiredBy: new Set(), byForm: new Map() };
}

function childrenOf(forms: readonly Form[]): readonly Child[] {
  const children = new Map<FieldStep, Child>();
  const add = (form: Form, step: FieldStep, schema: unknown, kind: 'required' | 'optional' | 'item'): void => {
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
    const required = new Set(requiredOf(schema));
    for (const [name, property] of Object.entries(propertiesOf(schema)))
      add(form, name, property, required.has(name) ? 'required' : 'optional');
    const { prefixItems, items, additionalProperties, patternProperties } = schema;
    if (Array.isArray(prefixItems)) for (const [at, item] of prefixItems.entries()) add(form, String(at), item, 'item');
    for (const each of [items, additionalProperties]) add(form, ANY_KEY, each, 'item');
    if (isSchema(patternProperties))
      for (const each of Object.values(patternProperties)) add(form, ANY_KEY, each, 'item');
  }
  return [...children.values()];
}

function descriptionOf(schemas: readonly JsonSchema[]): string | null {
  for (const { description } of schemas) if (typeof description === 'string' && description !== '') return description;
  return null;
}
