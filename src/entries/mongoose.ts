export { MongoBackend } from '../backends/mongo/mongo.backend';
export type { MongoBackendOptions, MongoIndex } from '../backends/mongo/mongo-options';
export { storedCoverage } from '../backends/mongo/catalog-coverage';
export type { StoredCoverage, StoredCoverageOptions } from '../backends/mongo/catalog-coverage';
export { mongooseEngines } from '../openedx/mongoose-engines';
