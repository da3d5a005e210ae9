import { hostname } from 'node:os';
import type { ProcessInfo } from './api';

export const PROCESS_ID = `${hostname()}:${String(process.pid)}`;

/** This process, as the page and other processes see it. */
export const PROCESS: ProcessInfo = {
  id: PROCESS_ID,
  host: hostname(),
  pid: process.pid,
  node: process.version,
  startedAt: new Date(Date.now() - performance.now()).toISOString(),
};
