import { RecentKeys } from '../event/recent-keys';
import { showValue } from '../routing/tracking-config.exception';
import { exponentialAttack } from './exponential-pattern';
import type { OptionFaults } from './option-faults';

const MAX_KNOWN = 2000;
const MAX_LENGTH = 200;

/** Field names, whatever their case. Events have the same names over and over, so each is decided once. */
export class KeyNames {
  private readonly names = new Set<string>();
  private readonly patterns: RegExp[] = [];
  private readonly known = new RecentKeys<boolean>(MAX_KNOWN);

  /** @param keys texts, which are the whole name, and patterns, which match anywhere in it */
  static read(keys: readonly unknown[], faults: OptionFaults): KeyNames | undefined {
    if (keys.length === 0) return undefined;
    const names = new KeyNames();
    for (const key of keys) names.add(key, faults);
    return names;
  }

  has(key: string): boolean {
    if (key.length > MAX_LENGTH) return this.decide(key);
    return this.known.get(key) ?? this.known.enter(key, this.decide(key));
  }

  private add(key: unknown, faults: OptionFaults): void {
    if (typeof key === 'string' && key !== '') this.names.add(key.toLowerCase());
    else if (key instanceof RegExp) this.addPattern(key, faults);
    else faults.add(`keys holds ${showValue(key)}, which is neither the name of a field nor a pattern.`);
  }

  private addPattern({ source, flags }: RegExp, faults: OptionFaults): void {
    // With g or y a pattern goes on where it last matched, and would miss every other field.
    const pattern = new RegExp(source, `${flags.replace(/[giy]/g, '')}i`);
    const attack = exponentialAttack(source, pattern.flags);
    if (attack !== undefined) {
      faults.add(
        `keys holds /${source}/, which can take exponential time: a field called ${attack} would stop the process.`,
        'write it without a repetition inside a repetition, such as (a+)+',
      );
    }
    this.patterns.push(pattern);
  }

  private decide(key: string): boolean {
    return this.names.has(key.toLowerCase()) || this.patterns.some((pattern) => pattern.test(key));
  }
}
