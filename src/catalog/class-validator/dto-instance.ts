import { copyNormalForm } from '../../event/form-copies';
import { defaultMetadataStorage, TransformationType, TransformOperationExecutor } from './peers';

type AnyClass = abstract new (...args: never[]) => object;
type Fields = Record<string, unknown>;

/** class-transformer compares the keys of an object pairwise: 20,000 keys take 400 ms. */
const MAX_COMPARED_KEYS = 200;

/**
 * Creates an instance of a class from an event, like `plainToInstance`, but in time linear in the
 * size of the event.
 *
 * The instance shares nothing with the event, because class-transformer deletes discriminators from
 * its input, and validators receive the values.
 */
export function instanceOf<Data extends object>(type: new (...args: never[]) => Data, event: object): Data {
  const maker = new InstanceMaker(TransformationType.PLAIN_TO_CLASS, { exposeUnsetFields: true });
  return maker.transform(undefined, copyNormalForm(event), type, undefined, false, 0) as Data;
}

const CONVERSIONS: ReadonlySet<unknown> = new Set([Number, String, Boolean]);

class InstanceMaker extends TransformOperationExecutor {
  /** Keys that were hidden from class-transformer, by wide object. */
  private readonly otherKeys = new Map<unknown, readonly string[]>();

  /** Returns untyped values of the copy unchanged; class-transformer would copy them key by key. */
  override transform(
    source: unknown,
    value: unknown,
    type: unknown,
    listType: unknown,
    isMap: boolean,
    level: number,
  ): unknown {
    if (type === undefined && listType === undefined && isPlain(value)) return value;
    // A converted "5" would pass as a number, but would be sent as the emitted string.
    if (CONVERSIONS.has(type)) return value;
    const made = super.transform(source, value, type, listType, isMap, level);
    const others = this.otherKeys.get(value);
    // These are own keys of a plain object, and the class has none of them: no setter is called.
    for (const key of others ?? []) (made as Fields)[key] = (value as Fields)[key];
    return made;
  }

  override getKeys(type: unknown, value: object, isMap: boolean): string[] {
    if (isMap || typeof type !== 'function') return super.getKeys(type, value, isMap);
    const keys = Object.keys(value);
    if (keys.length <= MAX_COMPARED_KEYS) return super.getKeys(type, value, isMap);
    const known = knownKeys(type as AnyClass);
    const prototype = type.prototype as object;
    const kept = Object.create(null) as Record<string, true>;
    const others: string[] = [];
    for (const key of keys) {
      if (known.has(key) || key in prototype) kept[key] = true;
      else others.push(key);
    }
    if (defaultMetadataStorage.getStrategy(type) !== 'excludeAll') this.otherKeys.set(value, others);
    return super.getKeys(type, kept, isMap);
  }
}

/** Returns the keys that decorators of the class or its ancestors mention. */
function knownKeys(type: AnyClass): Set<string> {
  const { _typeMetadatas: types, _transformMetadatas: transforms } = defaultMetadataStorage;
  const keys = new Set<string>();
  for (let at: unknown = type; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    for (const metadata of [types.get(at), transforms.get(at)])
      for (const key of metadata?.keys() ?? []) if (key !== undefined) keys.add(key);
  }
  for (const { propertyName, options } of defaultMetadataStorage.getExposedMetadatas(type))
    keys.add(propertyName).add(options?.name ?? propertyName);
  for (const { propertyName } of defaultMetadataStorage.getExcludedMetadatas(type)) keys.add(propertyName);
  return keys;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
