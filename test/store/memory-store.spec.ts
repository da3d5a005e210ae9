import { MemoryStore } from '../../src/store/memory-store';
import { describeStoreContract } from './describe-store-contract';

describeStoreContract('MemoryStore', () => ({ open: (maxBytes) => MemoryStore.open({ maxBytes }) }));
