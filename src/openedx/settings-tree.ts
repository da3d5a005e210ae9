/**
 * Converts nested ENGINE and OPTIONS into descriptions, innermost nodes first, like the reference
 * does. A node that cannot be described is reported and left out. The other nodes are still
 * processed, so that one start reports all errors.
 */
import { describeError } from '../event/normal-form';
import type { Backends, ProcessorEntry } from '../routing/description';
import { isNodeName, nodeNameError } from '../routing/node-name';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { describeEngine, type Described, type Place } from './describe-engine';
import { isList, isMapping, type Mapping } from './plain-settings';
import { at, atUnknown, show } from './setting-path';
import type { OpenEdxOptions, OpenEdxEventBus, OpenEdxEngine, OpenEdxEngines, OpenEdxNode } from './settings-engine';
import { UnknownEngines } from './unknown-engines';

const BACKEND = '{ "ENGINE": "eventtracking.backends.logger.LoggerBackend", "OPTIONS": { "name": "tracking" } }';
const PROCESSOR =
  '{ "ENGINE": "eventtracking.processors.whitelist.NameWhitelistProcessor", "OPTIONS": { "whitelist": ["problem_check"] } }';

export class SettingsTree {
  private readonly unknown = new UnknownEngines();

  /** @param engines searched in this order */
  constructor(
    private readonly engines: readonly OpenEdxEngines[],
    private readonly eventBus: OpenEdxEventBus,
    private readonly errors: ConfigError[],
  ) {}

  backends(value: unknown, path: string): Backends {
    if (value === undefined || value === null) return {};
    if (!isMapping(value)) {
      this.report(
        path,
        `it is ${show(value)}; expected an object of backends by name.`,
        `{ "tracking_logs": ${BACKEND} }`,
      );
      return {};
    }
    const entries = Object.entries(value).flatMap(([name, node]) => {
      if (!isNodeName(name)) {
        this.report(at(path, name), nodeNameError(name), 'give it a name of letters, digits, "_", "." and "-"');
      }
      const described = this.node(node, at(path, name), 'backend');
      return described === undefined ? [] : [[name, described] as const];
    });
    return Object.fromEntries(entries) as Backends;
  }

  processors(value: unknown, path: string): readonly ProcessorEntry[] {
    if (value === undefined || value === null) return [];
    if (!isList(value)) {
      this.report(path, `it is ${show(value)}; expected a list of processors.`, `[${PROCESSOR}]`);
      return [];
    }
    return value.flatMap(
      (node, index) => (this.node(node, at(path, index), 'processor') as ProcessorEntry | undefined) ?? [],
    );
  }

  private node(value: unknown, path: string, place: Place): Described | undefined {
    const example = place === 'processor' ? PROCESSOR : BACKEND;
    if (!isMapping(value)) {
      this.report(path, `it is ${show(value)}; expected an object with an ENGINE.`, example);
      return undefined;
    }
    const { ENGINE: name, OPTIONS: options, ...others } = value;
    for (const key of Object.keys(others)) {
      this.report(
        atUnknown(path, key, ['ENGINE', 'OPTIONS', 'PROCESSORS', 'BACKENDS']),
        'it is next to ENGINE and OPTIONS, where it is not read.',
        'move it into OPTIONS',
      );
    }
    const isNamed = typeof name === 'string';
    const engine = isNamed ? this.engineOf(name, path) : undefined;
    if (!isNamed) {
      const what = name === undefined ? 'it is missing.' : `it is ${show(name)}; expected the name of a class.`;
      this.report(at(path, 'ENGINE'), what, example);
    }
    const inner = this.optionsOf(options, at(path, 'OPTIONS'));
    return this.describe(engine, isNamed ? name : '', inner, path, place);
  }

  private engineOf(name: string, path: string): OpenEdxEngine | undefined {
    const found = this.engines.find((engines) => Object.hasOwn(engines, name))?.[name];
    if (found !== undefined) return found;
    this.unknown.add(name, at(path, 'ENGINE'), this.engines, this.errors);
    return undefined;
  }

  private optionsOf(options: unknown, path: string): Mapping {
    if (options === undefined || options === null) return {};
    if (isMapping(options)) return options;
    this.report(path, `it is ${show(options)}; expected an object of options by name.`, '"OPTIONS": {}');
    return {};
  }

  /**
   * Describes one node and the nodes inside it.
   * @param engine undefined if it is unknown; the nodes inside are then still checked for errors
   */
  private describe(
    engine: OpenEdxEngine | undefined,
    name: string,
    options: Mapping,
    path: string,
    place: Place,
  ): Described | undefined {
    const inside = at(path, 'OPTIONS');
    const { processors, backends, ...others } = options;
    // A processor contains no nodes: options with these names are the processor's own.
    const own = place === 'processor' ? options : others;
    const tree = place === 'processor' ? {} : { processors, backends };
    const node: OpenEdxNode = {
      path,
      engine: name,
      processors: this.processors(tree.processors, at(inside, 'processors')),
      backends: this.backends(tree.backends, at(inside, 'backends')),
      eventBus: this.eventBus,
    };
    const described = this.withEngines(own, inside) as OpenEdxOptions;
    if (engine === undefined) return undefined;
    try {
      return describeEngine(engine, described, node, place, firstEngine(own, inside));
    } catch (error) {
      this.failed(error, path);
      return undefined;
    }
  }

  /** Returns the options with a description in place of each object that has an ENGINE. */
  private withEngines(value: unknown, path: string): unknown {
    if (isList(value)) return value.map((item, index) => this.optionValue(item, at(path, index)));
    if (!isMapping(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.optionValue(item, at(path, key))]));
  }

  private optionValue(value: unknown, path: string): unknown {
    return hasEngine(value) ? this.node(value, path, 'option') : this.withEngines(value, path);
  }

  private failed(error: unknown, path: string): void {
    if (error instanceof TrackingConfigException) {
      // A constructor of the application may have thrown the error. It knows its class but not its
      // path.
      const placed = (known: string): string => (/^(EVENT_|options)/.test(known) ? known : `${path} (${known})`);
      this.errors.push(...error.errors.map((each) => ({ ...each, path: placed(each.path) })));
      return;
    }
    const what = `its engine failed: ${describeError(error)}.`;
    this.errors.push({ path: at(path, 'ENGINE'), what, fix: 'see the cause', cause: error });
  }

  private report(path: string, what: string, fix: string): void {
    this.errors.push({ path, what, fix });
  }
}

function hasEngine(value: unknown): boolean {
  return isMapping(value) && Object.hasOwn(value, 'ENGINE');
}

/** Returns the path of the first object with an ENGINE inside these options. */
function firstEngine(value: unknown, path: string): string | undefined {
  const items: readonly (readonly [string | number, unknown])[] = isList(value)
    ? [...value.entries()]
    : Object.entries(isMapping(value) ? value : {});
  for (const [key, item] of items) {
    const found = hasEngine(item) ? at(path, key) : firstEngine(item, at(path, key));
    if (found !== undefined) return found;
  }
  return undefined;
}
