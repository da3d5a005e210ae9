import { MemoryBackend } from '../../src/entries';

export const MEMORY = 'acme.tracking.Recent';
export const engines = { [MEMORY]: MemoryBackend };
export const recent = { ENGINE: MEMORY, OPTIONS: { maxEvents: 10 } };
export const clock = (): number => Date.UTC(2026, 10, 24, 12);
