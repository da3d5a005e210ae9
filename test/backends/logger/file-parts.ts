import { backend, LoggerBackend, type LoggerBackendOptions, type TrackingModuleOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';

export let folder: LogFolder;
beforeEach(() => {
  folder = new LogFolder();
});

export function start(options: LoggerBackendOptions = {}, more: TrackingModuleOptions = {}): Promise<BuiltTracking> {
  return startTracking({ backends: { log: backend(LoggerBackend, { path: folder.file(), ...options }) }, ...more });
}

export function delivery({ ledger }: BuiltTracking): unknown {
  expectBalance(ledger);
  return ledger.node('log')?.delivery;
}

/** Lets time pass for our timers without waiting for it; files and promises go on as they are. */
export function useFakeTimers(): void {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date', 'setInterval'],
  });
}
