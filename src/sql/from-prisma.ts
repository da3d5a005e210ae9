import type { SqlClient, SqlRow } from './sql-client';

/** The part of a PrismaClient, or of the client of an interactive transaction, that is used. */
export interface PrismaQueryable {
  $queryRawUnsafe(sql: string, ...params: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(sql: string, ...params: unknown[]): PromiseLike<number>;
}

/** Statement that returns rows. */
const RETURNS_ROWS = /^\s*(select|with|values|show)\b|\breturning\b/i;

/**
 * Makes a SqlClient from Prisma.
 * @param prisma PrismaClient; or the client that `$transaction` passes, to take part in it
 */
export function fromPrisma(prisma: PrismaQueryable): SqlClient {
  return {
    async query(sql, params = []) {
      if (RETURNS_ROWS.test(sql)) return (await prisma.$queryRawUnsafe(sql, ...params)) as readonly SqlRow[];
      await prisma.$executeRawUnsafe(sql, ...params);
      return [];
    },
  };
}
