/** A JSON Schema as the rows of a table: one for each field, those of objects and of the items of lists below it. */
import { isSchema, propertiesOf, requiredOf, type JsonSchema } from '../../catalog/json-schema';
import { ANY_KEY } from '../../processors/event-path';
import { formTypes, typeText } from './field-type';
import { pathText, type FieldStep, type IsPersonal } from './personal-paths';
import { formsOf, type Form } from './schema-forms';

export interface FieldRow {
  /** `answers.*.text`, from the part of the event down. */
  readonly path: string;
  /** The first step of the path, as it stands in the event. */
  readonly key: string;
  readonly type: string;
  /** `in some forms`: the object has alternatives, and not each of them asks for it. */
  readonly presence: 'required' | 'optional' | 'in some forms';
  readonly description: string | null;
  readonly isPersonal: boolean;
  readonly isDeprecated: boolean;
  /** The path of the field whose fields come again in this one; '' for the whole. */
  readonly repeats: string | undefined;
}

/** @param schema of the data or of the context of an event */
export function fieldRows(schema: JsonSchema | null, isPersonal: IsPersonal): readonly FieldRow[] {
  return schema === null ? [] : new FieldTable(schema, isPersonal).below(formsOf(schema, schema), [], new Map()).rows;
}

interface Child {
  readonly step: FieldStep;
  /** Of a list, or of the values of a map. */
  readonly isItem: boolean;
  readonly schemas: JsonSchema[];
  requiredBy: number;
}

interface Below {
  readonly rows: readonly FieldRow[];
  readonly repeats: string | undefined;
}

/** The schemas on the way down, and where each stands. */
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
    const ancestors = new Map([...above, ...own.flatMap(({ origins }) => origins.map((each) => [each, path] as const))]);
    const objects = own.filter(({ schema }) => formTypes(schema).includes('object')).length;
    const found = childrenOf(own).map((child) => this.field(child, objects, at, ancestors));
    return {
      rows: found.flatMap(({ rows }) => rows),
      repeats: repeated === undefined ? found.find(({ repeats }) => repeats !== undefined)?.repeats : above.get(repeated),
    };
  }

  /** A field and those in it. What it repeats by its items, the list has to say: the items have no row. */
  private field(child: Child, objects: number, above: readonly FieldStep[], ancestors: Ancestors): Below {
    const { step, isItem, schemas, requiredBy } = child;
    const steps: readonly FieldStep[] = [...above, step];
    const forms = schemas.flatMap((schema) => formsOf(schema, this.root));
    const { rows, repeats } = this.below(forms, steps, ancestors);
    const [first] = steps;
    const row: FieldRow = {
      path: pathText(steps),
      key: typeof first === 'string' ? first : '*',
      type: typeText(forms, this.root),
      presence: requiredBy === 0 ? 'optional' : requiredBy < objects ? 'in some forms' : 'required',
      description: descriptionOf([...schemas, ...forms.map(({ schema }) => schema)]),
      isPersonal: this.isPersonal(steps),
      isDeprecated: schemas.every((schema) => schema['deprecated'] === true),
      repeats,
    };
    if (!isItem) return { rows: [row, ...rows], repeats: undefined };
    // Of the items of a list its own row tells the type already.
    const says = row.description !== null || (row.isPersonal && !this.isPersonal(above));
    return { rows: says ? [row, ...rows] : rows, repeats };
  }
}

function childrenOf(forms: readonly Form[]): readonly Child[] {
  const children = new Map<FieldStep, Child>();
  const add = (step: FieldStep, schema: unknown, kind: 'required' | 'optional' | 'item'): void => {
    if (!isSchema(schema)) return;
    const child = children.get(step) ?? { step, isItem: kind === 'item', schemas: [], requiredBy: 0 };
    child.schemas.push(schema);
    if (kind === 'required') child.requiredBy++;
    children.set(step, child);
  };
  for (const { schema } of forms) {
    const required = new Set(requiredOf(schema));
    for (const [name, property] of Object.entries(propertiesOf(schema))) add(name, property, required.has(name) ? 'required' : 'optional');
    const { prefixItems, items, additionalProperties, patternProperties } = schema;
    if (Array.isArray(prefixItems)) for (const [at, item] of prefixItems.entries()) add(String(at), item, 'item');
    for (const each of [items, additionalProperties]) add(ANY_KEY, each, 'item');
    if (isSchema(patternProperties)) for (const each of Object.values(patternProperties)) add(ANY_KEY, each, 'item');
  }
  return [...children.values()];
}

function descriptionOf(schemas: readonly JsonSchema[]): string | null {
  for (const { description } of schemas) if (typeof description === 'string' && description !== '') return description;
  return null;
}
