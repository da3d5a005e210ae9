import type { ConfigError } from '../common/tracking-config.exception';
import { showEngine } from './setting-path';
import type { OpenEdxEngines } from './settings-engine';

/**
 * Reports each unknown ENGINE once, with the number of its occurrences: one line of configuration
 * fixes all of them.
 */
export class UnknownEngines {
  private readonly seen = new Map<string, { readonly at: number; readonly first: ConfigError; count: number }>();

  /**
   * Reports one occurrence of an unknown ENGINE.
   * @param errors receives the error; later calls replace it by one with the new count
   */
  add(name: string, path: string, engines: readonly OpenEdxEngines[], errors: ConfigError[]): void {
    const known = this.seen.get(name);
    if (known === undefined) {
      const first = { path, ...textsOf(name, engines) };
      this.seen.set(name, { at: errors.push(first) - 1, first, count: 1 });
      return;
    }
    known.count++;
    const others = known.count === 2 ? '1 other place' : `${String(known.count - 1)} other places`;
    errors[known.at] = { ...known.first, what: `${known.first.what.slice(0, -1)}, here and in ${others}.` };
  }
}

function textsOf(name: string, engines: readonly OpenEdxEngines[]): Pick<ConfigError, 'what' | 'fix'> {
  const alike = engines.flatMap(Object.keys).find((known) => lastPart(known) === lastPart(name));
  const meant = alike === undefined ? '' : `write ${JSON.stringify(alike)} if that is meant, or `;
  const shown = showEngine(name);
  const key = shown.startsWith('"') ? shown : '"my.module.MyClass"';
  return {
    what: `no engine is known for ${shown}.`,
    fix: `${meant}add its engine: backendsFromSettings(settings, { ${key}: MyClass })`,
  };
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
