import fc from 'fast-check';
import createKnex, { type Knex } from 'knex';
import type { TrackerService } from '../../src/entries';
import { fromKnex } from '../../src/entries/postgres';
import { holdEvents } from '../../src/entries/transactions';

/**
 * `event` and `rejected` write a row and emit an event, which the catalog rejects in the second
 * case; `outside` emits outside of every transaction.
 */
type Write = 'event' | 'rejected' | 'outside';

/** Runs steps in a transaction or a savepoint, and lets it fail at its end, if at all. */
interface Scope {
  /**
   * `nested` is a savepoint; `tracked` also has a tracker.transaction inside, and `stored` one with
   * its own outbox. `independent` is a transaction of its own.
   */
  readonly kind: 'nested' | 'tracked' | 'stored' | 'independent';
  readonly fails: 'no' | 'by an error' | 'by a statement';
  readonly steps: readonly Step[];
}

export type Step = Write | Scope;

/** Transactions that run one after the other. */
export const flow: fc.Arbitrary<readonly Scope[]> = fc
  .letrec<{ step: Step; scope: Scope; steps: Step[] }>((tie) => ({
    step: fc.oneof(
      { depthSize: 'small' },
      { arbitrary: fc.constantFrom<Write>('event', 'event', 'rejected', 'outside'), weight: 3 },
      { arbitrary: tie('scope'), weight: 2 },
    ),
    scope: fc.record<Scope>({
      kind: fc.constantFrom('nested', 'tracked', 'stored', 'independent'),
      fails: fc.constantFrom('no', 'no', 'by an error', 'by a statement'),
      steps: tie('steps'),
    }),
    steps: fc.array(tie('step'), { maxLength: 4 }),
  }))
  .steps.map((steps) => steps.map((step) => (typeof step === 'string' ? around(step) : step)));

const around = (step: Write): Scope => ({ kind: 'nested', fails: 'no', steps: [step] });

/** Deeper transactions of their own would need more connections than the pool has. */
const MAX_DEPTH = 4;

/** Runs flows on one pool. Each step has a key of its own: its number in its flow. */
export class FlowRunner {
  /** Keys of events that were emitted outside of transactions. */
  readonly outside: string[] = [];
  private readonly knex: Knex;

  constructor(
    url: string,
    private readonly tracker: TrackerService,
    private readonly schema: string,
  ) {
    this.knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 16 } });
    holdEvents(this.knex, tracker, { outbox: fromKnex });
  }

  close(): Promise<void> {
    return this.knex.destroy();
  }

  async run(scopes: readonly Scope[], name: string): Promise<void> {
    let made = 0;
    for (const scope of scopes) await this.scope(scope, this.knex, () => `${name}.${String(made++)}`, 1);
  }

  private async scope({ kind, fails, steps }: Scope, within: Knex, key: () => string, depth: number): Promise<void> {
    const on = kind === 'independent' ? this.knex : within;
    const transaction = on.transaction(async (trx) => {
      const body = async (): Promise<void> => {
        for (const step of steps) {
          if (typeof step === 'string') await this.write(step, trx, key());
          else if (depth < MAX_DEPTH) await this.scope(step, trx, key, depth + 1);
        }
        if (fails === 'by an error') throw new Error('failed');
        if (fails === 'by a statement') await trx.raw('SELECT 1 / 0');
      };
      if (kind === 'tracked') return this.tracker.transaction(body);
      if (kind === 'stored') return this.tracker.transaction(body, { outbox: fromKnex(trx) });
      return body();
    });
    await transaction.catch(() => undefined);
  }

  private async write(step: Write, trx: Knex.Transaction, key: string): Promise<void> {
    if (step === 'outside') {
      this.outside.push(key);
      this.tracker.outsideTransaction(() => this.tracker.emit('known', { key }));
      return;
    }
    await trx.raw(`INSERT INTO ${this.schema}.written VALUES (?, ?)`, [step, key]);
    this.tracker.emit(step === 'event' ? 'known' : 'unknown', { key });
  }
}

/** True if a transaction inside stores its events before those that were emitted before it. */
export function storesEarly(steps: readonly Step[]): boolean {
  return steps.some((step) => typeof step !== 'string' && (step.kind === 'stored' || storesEarly(step.steps)));
}
