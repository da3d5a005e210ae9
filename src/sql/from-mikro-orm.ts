import { fromKnex, type KnexQueryable } from './from-knex';
import type { SqlClient } from './sql-client';

/** The part of an EntityManager of `@mikro-orm/postgresql` 6 that is used. */
export interface MikroOrmQueryable {
  getKnex(): KnexQueryable;
  getTransactionContext(): unknown;
}

/**
 * Makes a SqlClient from MikroORM. Runs its statements in the transaction of the EntityManager, if
 * there is one. Uses the Knex inside, because `em.execute` would write the parameters into the text
 * of the statement.
 * @param em EntityManager: `orm.em`, or the one that `em.transactional` passes
 */
export function fromMikroOrm(em: MikroOrmQueryable): SqlClient {
  return {
    get listen() {
      return fromKnex(em.getKnex()).listen;
    },
    query: (sql, params) => {
      const transaction = em.getTransactionContext() as KnexQueryable | undefined;
      return fromKnex(transaction ?? em.getKnex()).query(sql, params);
    },
  };
}
