/**
 * Converts a JSON Schema to a tree of fields. Unlike the table, which has one row per path, the
 * tree shows the alternatives of an object one by one.
 */
import { isSchema, propertiesOf, type JsonSchema } from '../json-schema';
import {
  childrenOf,
  descriptionOf,
  MAX_EXPANDED,
  NOT_EXPANDED,
  notesOf,
  Repeats,
  titleOf,
  type Ancestors,
  type Child,
} from './field-children';
import { EACH, pathText, type FieldStep, type IsPersonal } from './field-steps';
import { typeText } from './field-type';
import { fieldList, ObjectForms } from './form-tags';
import { formsOf, type Choice, type Form } from './schema-forms';

export interface FieldNode extends FieldGroup {
  /** Path of the field below the part of the event: `answers.*.text`. */
  readonly path: string;
  /** Name of the field; undefined for the items of a list and the values of a map. */
  readonly name: string | undefined;
  /** What a node without a name stands for: `each item`, `fields that match ^x-`. */
  readonly label: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly title: string | null;
  readonly description: string | null;
  readonly isPersonal: boolean;
  readonly isDeprecated: boolean;
}

/** Fields of an object. */
export interface FieldGroup {
  /** Constraints in words, for all alternatives. */
  readonly constraints: readonly string[];
  /** Fields of all alternatives. */
  readonly fields: readonly FieldNode[];
  /** Alternatives with fields of their own; empty if there is only one. */
  readonly forms: readonly FieldForm[];
  /** Keyword of the alternatives. */
  readonly choice: Choice | undefined;
  /** Path of the field whose fields are repeated in this one; '' for the whole part. */
  readonly repeats: string | undefined;
}

export interface FieldForm {
  /** What distinguishes the form: `kind is "card"`, its title, or its position: `Form 2`. */
  readonly label: string;
  /** Names of its fields: `a, b?`. */
  readonly names: string;
  readonly constraints: readonly string[];
  readonly fields: readonly FieldNode[];
}

/** Maximum number of alternatives of one object that are shown one by one. */
const MAX_FORMS = 40;

/**
 * Returns the tree for a schema.
 * @param schema schema of the data or of the context of an event, as `documentSchema` returns it
 */
export function fieldTree(schema: JsonSchema | null, isPersonal: IsPersonal): FieldGroup | null {
  return schema === null ? null : new FieldTree(schema, isPersonal).group(formsOf(schema, schema), [], new Map());
}

class FieldTree {
  private nodes = 0;
  private readonly ids = new Map<JsonSchema, number>();

  constructor(
    private readonly root: JsonSchema,
    private readonly isPersonal: IsPersonal,
  ) {}

  group(forms: readonly Form[], at: readonly FieldStep[], above: Ancestors): FieldGroup {
    const { own, repeats, ancestors } = new Repeats(forms, pathText(at), above);
    const notes = notesOf(forms, this.root);
    const objects = ObjectForms.of(own, this.root);
    const shapes = this.shapesOf(own);
    const isUnion = shapes.length > 1 && shapes.length <= MAX_FORMS;
    const children = childrenOf(own);
    const shared = isUnion ? children.filter((child) => this.isShared(child, shapes)) : children;
    const names = new Set(shared.map(({ step }) => step));
    const common = [...notes].filter(([, of]) => of.size === forms.length || !isUnion);
    const tooMany = shapes.length > MAX_FORMS ? objects.description() : undefined;
    return {
      constraints: [
        ...(tooMany === undefined ? [] : [tooMany]),
        ...common.map(([text, of]) => conditional(text, of, forms, objects)),
      ],
      fields: this.fields(shared, own, at, ancestors),
      forms: isUnion
        ? shapes.map((shape, position) => ({
            ...{ label: labelOf(shape, position, objects), names: fieldList(shape[0].schema) },
            constraints: [...notes]
              .filter(([, of]) => of.size < forms.length && shape.some((form) => of.has(form)))
              .map(([text]) => text),
            fields: this.fields(
              childrenOf(shape).filter(({ step }) => !names.has(step)),
              shape,
              at,
              ancestors,
            ),
          }))
        : [],
      choice: shapes.every(([{ choice }]) => choice === 'oneOf') ? 'oneOf' : 'anyOf',
      repeats,
    };
  }

  private fields(
    children: readonly Child[],
    forms: readonly Form[],
    at: readonly FieldStep[],
    above: Ancestors,
  ): readonly FieldNode[] {
    return children.flatMap((child) => this.field(child, forms, at, above));
  }

  private field(
    { step, isItem, schemas, requiredBy }: Child,
    parents: readonly Form[],
    above: readonly FieldStep[],
    ancestors: Ancestors,
  ): readonly FieldNode[] {
    this.nodes++;
    const steps: readonly FieldStep[] = [...above, step];
    const forms = schemas.flatMap((schema) => formsOf(schema, this.root));
    const group = this.nodes > MAX_EXPANDED ? unexpanded(forms) : this.group(forms, steps, ancestors);
    const description = descriptionOf([...schemas, ...forms.map(({ schema }) => schema)]);
    const isPersonal = this.isPersonal(steps);
    const says = description !== null || group.constraints.length > 0 || (isPersonal && !this.isPersonal(above));
    const isEmpty = group.fields.length === 0 && group.forms.length === 0 && group.repeats === undefined;
    // The type of a list already says what its items are.
    if (isItem && isEmpty && !says) return [];
    return [
      {
        ...group,
        ...{ path: pathText(steps), name: isItem || step === EACH ? undefined : step },
        label: step === EACH ? eachLabel(parents) : isItem ? `item ${Number(step) + 1}` : '',
        type: typeText(forms, this.root),
        isRequired: !isItem && requiredBy.size === parents.filter(({ schema }) => !isPlain(schema)).length,
        ...{ title: titleOf(schemas, this.root), description, isPersonal },
        isDeprecated: schemas.every((schema) => schema['deprecated'] === true),
      },
    ];
  }

  /** Groups the forms that have fields by those fields. Alternatives of other types have none. */
  private shapesOf(forms: readonly Form[]): readonly (readonly [Form, ...Form[]])[] {
    const shapes = new Map<string, [Form, ...Form[]]>();
    for (const form of forms) {
      const children = childrenOf([form]);
      if (children.length === 0) continue;
      const key = children
        .map((child) => `${String(child.step)}${child.requiredBy.size}${this.idsOf(child)}`)
        .join('/');
      const shape = shapes.get(key);
      if (shape === undefined) shapes.set(key, [form]);
      else shape.push(form);
    }
    return [...shapes.values()];
  }

  /** Returns true if all alternatives have the same schema for a child. */
  private isShared(child: Child, shapes: readonly (readonly Form[])[]): boolean {
    const forms = shapes.flat();
    const isEverywhere = forms.every((form) => child.of.has(form));
    const required = forms.filter((form) => child.requiredBy.has(form)).length;
    const isOne = new Set(child.schemas.map((schema) => this.idOf(schema))).size === 1;
    return isEverywhere && isOne && (required === 0 || required === forms.length);
  }

  private idsOf({ schemas }: Child): string {
    return schemas.map((schema) => this.idOf(schema)).join(',');
  }

  private idOf(schema: JsonSchema): number {
    const id = this.ids.get(schema) ?? this.ids.size;
    this.ids.set(schema, id);
    return id;
  }
}

/** Describes the items or the fields that have no name in any of the forms. */
function eachLabel(forms: readonly Form[]): string {
  const labels = forms.flatMap(({ schema }) => {
    const { patternProperties, prefixItems, items, unevaluatedItems } = schema;
    const patterns = isSchema(patternProperties) ? Object.keys(patternProperties) : [];
    const isMap = [schema['additionalProperties'], schema['unevaluatedProperties']].some(isSchema);
    const isOther = patterns.length > 0 || Object.keys(propertiesOf(schema)).length > 0;
    return [
      ...([items, unevaluatedItems].some(isSchema) ? [Array.isArray(prefixItems) ? 'other items' : 'each item'] : []),
      ...(patterns.length > 0 ? [`fields that match ${patterns.join(' or ')}`] : []),
      ...(isMap ? [isOther ? 'other fields' : 'each value'] : []),
    ];
  });
  return [...new Set(labels)].join(', ');
}

function unexpanded(forms: readonly Form[]): FieldGroup {
  const constraints = childrenOf(forms).length > 0 ? [NOT_EXPANDED] : [];
  return { constraints, fields: [], forms: [], choice: undefined, repeats: undefined };
}

/** Returns true for a form that cannot be an object with fields: `null` or a string. */
function isPlain(schema: JsonSchema): boolean {
  return childrenOf([{ schema, origins: [], parts: [], names: [], choice: undefined }]).length === 0;
}

function conditional(text: string, of: ReadonlySet<Form>, forms: readonly Form[], objects: ObjectForms): string {
  if (of.size === forms.length) return text;
  const condition = objects.conditionOf(of);
  return condition === undefined ? text : `if ${condition}: ${text}`;
}

function labelOf(shape: readonly [Form, ...Form[]], position: number, objects: ObjectForms): string {
  const condition = objects.conditionOf(new Set(shape));
  const names = [...new Set(shape.map((form) => form.names.join(', ')))].filter(Boolean);
  const texts = [...(condition === undefined ? [] : [condition]), ...names];
  return texts.length === 0 ? `Form ${position + 1}` : texts.join(' · ');
}
