/**
 * The document stores of a case: a collection of its own for each, in a database of its own, on the
 * MongoDB-wire server of the tests. What the reference's driver is told of hosts and credentials is
 * another way of connecting, and is left out.
 */
import { randomUUID } from 'node:crypto';
import { MongooseModule } from '@nestjs/mongoose';
import mongoose, { type Connection, type mongo } from 'mongoose';
import { backend } from 'nestjs-event-tracking';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { service } from '../support/services';
import { isMapping } from './values';
import type { VectorBackend } from './vectors';

/** Looked up once: whether the server answers is asked in a process of its own. */
const url = service('mongo');

export const hasServer = url !== undefined;

export class DocumentStores {
  private readonly database = `conformance_${randomUUID().replaceAll('-', '')}`;
  /** Collections by the paths that the vectors use. */
  private readonly collections = new Map<string, string>();
  private connection: Connection | undefined;

  get paths(): readonly string[] {
    return [...this.collections.keys()];
  }

  describe(path: string, { options }: VectorBackend): ReturnType<typeof backend> {
    const named: unknown = isMapping(options) ? options.collection : undefined;
    const collection = `${typeof named === 'string' ? named : 'events'}_${String(this.collections.size)}`;
    this.collections.set(path, collection);
    const connectionName = `${this.database}.${collection}`;
    return backend(
      MongoBackend,
      { connectionName, collection, database: this.database },
      { imports: [MongooseModule.forRoot(url ?? '', { connectionName, lazyConnection: true })] },
    );
  }

  /** What is in each, in the order in which it was written. */
  async documents(): Promise<ReadonlyMap<string, readonly mongo.Document[]>> {
    const found = new Map<string, mongo.Document[]>();
    if (this.collections.size === 0) return found;
    const db = await this.db();
    for (const [path, name] of this.collections) {
      const documents = await db.collection(name).find().toArray();
      if (documents.length > 0) found.set(path, documents);
    }
    return found;
  }

  /** Whether this server refuses keys that MongoDB takes since its release 5. */
  async refusesKeys(): Promise<boolean> {
    if (this.collections.size === 0) return false;
    try {
      await (await this.db()).collection('probe').insertOne({ probe: { 'a.b': 1, $c: 1 } });
      return false;
    } catch {
      return true;
    }
  }

  async remove(): Promise<void> {
    if (this.collections.size === 0) return;
    await (await this.db()).dropDatabase();
    await this.connection?.close();
  }

  private async db(): Promise<mongo.Db> {
    this.connection ??= await mongoose.createConnection(url ?? '').asPromise();
    return this.connection.getClient().db(this.database);
  }
}
