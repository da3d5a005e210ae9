/**
 * Converts a JSON Schema to the rows of a table: one per field, followed by the nested fields of
 * objects and list items.
 */
import type { JsonSchema } from '../json-schema';
import {
  childrenOf,
  descriptionOf,
  MAX_EXPANDED,
  NOT_EXPANDED,
  notesOf,
  presenceOf,
  Repeats,
  titleOf,
  type Ancestors,
  type Child,
  type Presence,
} from './field-children';
import { typeText } from './field-type';
import { ObjectForms } from './form-tags';
import { pathText, type FieldStep, type IsPersonal } from './field-steps';
import { formsOf, type Form } from './schema-forms';

export interface FieldRow extends Presence {
  /** Path of the field below the part of the event: `answers.*.text`. */
  readonly path: string;
  /** First step of the path, as in the event. */
  readonly key: string;
  readonly type: string;
  readonly title: string | null;
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
  const notes = [...notesOf(forms, root)].map(([text, of]) => {
    if (of.size === forms.length) return text;
    const condition = objects.conditionOf(of);
    return condition === undefined ? `in some forms: ${text}` : `if ${condition}: ${text}`;
  });
  const description = objects.description();
  return description === undefined ? notes : [description, ...notes];
}

interface Below {
  readonly rows: readonly FieldRow[];
  readonly repeats: string | undefined;
}

class FieldTable {
  private fields = 0;

  constructor(
    private readonly root: JsonSchema,
    private readonly isPersonal: IsPersonal,
  ) {}

  below(forms: readonly Form[], at: readonly FieldStep[], above: Ancestors): Below {
    const { own, repeats, ancestors } = new Repeats(forms, pathText(at), above);
    const objects = ObjectForms.of(own, this.root);
    const found = childrenOf(own).map((child) => this.field(child, objects, at, ancestors));
    return {
      rows: found.flatMap(({ rows }) => rows),
      repeats: repeats ?? found.find((each) => each.repeats !== undefined)?.repeats,
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
    const isFull = ++this.fields > MAX_EXPANDED;
    const { rows, repeats } = isFull ? { rows: [], repeats: undefined } : this.below(forms, steps, ancestors);
    const [first] = steps;
    const row: FieldRow = {
      path: pathText(steps),
      key: typeof first === 'string' ? first : '*',
      type: this.typeOf(child, forms, objects),
      ...presenceOf(child, objects),
      title: titleOf(schemas, this.root),
      description: descriptionOf([...schemas, ...forms.map(({ schema }) => schema)]),
      constraints: [
        ...constraintsOf(forms, this.root),
        ...(isFull && childrenOf(forms).length > 0 ? [NOT_EXPANDED] : []),
      ],
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
