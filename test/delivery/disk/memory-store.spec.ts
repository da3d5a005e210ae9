import { MemoryStore } from '../../../src/delivery/disk/memory-store';
import { describeStoreContract } from './describe-store-contract';

describeStoreContract('MemoryStore', () => ({ open: (maxBytes) => MemoryStore.open({ maxBytes }) }));
