import { showOption, showValue, type ConfigError } from '../common/tracking-config.exception';
import { isNodeName, nodeNameError } from './node-name';
import type { Imports } from './tree-plan';

/**
 * Collects the errors of one configuration, so that they are reported together, and has the checks
 * that backends, processors and consumers share.
 */
export class PlanErrors {
  readonly all: ConfigError[] = [];

  /** @param path place in the configuration */
  add(path: string, what: string, fix: string): void {
    this.all.push({ path, what, fix });
  }

  checkName(place: string, name: string): void {
    if (!isNodeName(name)) this.add(place, nodeNameError(name), 'give it a name of letters, digits, "_", "." and "-"');
  }

  /** Reports each setting that is not a number, or is less than `least`. */
  checkLeast(place: string, settings: Readonly<Record<string, unknown>>, least: number): void {
    for (const [name, value] of Object.entries(settings)) {
      if (typeof value === 'number' && value >= least) continue;
      const what = `${name} is ${showValue(value)}, not a number from ${String(least)} up.`;
      this.add(place, what, 'leave it out, or give a number');
    }
  }

  /** @param holder names the object with the keys, for the message */
  checkKeys(place: string, holder: string, value: object, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.add(
        place,
        `the ${holder} has the unknown field ${showOption(key, known)}; known are ${known.join(', ')}.`,
        'options of the class go into the second argument',
      );
    }
  }

  /** Returns the list of modules; an empty list after an error. */
  readImports(place: string, imports: unknown): Imports {
    if (imports === undefined) return [];
    if (Array.isArray(imports)) return imports as Imports;
    this.add(place, `it is ${showValue(imports)}, not a list of modules.`, 'imports: [SomeModule]');
    return [];
  }

  /**
   * Returns the entries of an object of nodes by name; none after an error.
   * @param kind plural noun for the entries of the object, for the message
   */
  readNodes(place: string, kind: string, nodes: unknown, fix: string): [name: string, description: unknown][] {
    if (nodes === undefined) return [];
    if (typeof nodes === 'object' && nodes !== null && !Array.isArray(nodes)) return Object.entries(nodes);
    this.add(place, `it is ${showValue(nodes)}, not an object of ${kind} by name.`, fix);
    return [];
  }
}
