// @ts-check
// Whether the counters of an application balance when it has closed.
import { createRequire } from 'node:module';
import { tell } from './tell.mjs';

const { Module } = createRequire(import.meta.url)('@nestjs/common');

/**
 * A module to be imported by the node that is deepest in the tree: its hook runs when all of the
 * tree has drained. Tells "books" with a list of what does not balance.
 * @param trackerOf called then
 */
export function booksModule(trackerOf) {
  class BooksModule {
    onApplicationShutdown() {
      const { ledger } = trackerOf();
      tell(`books ${JSON.stringify([...ledger.nodes().flatMap(faultsIn), ...ledger.consumers().flatMap(faultsOf)])}`);
    }
  }
  Module({})(BooksModule);
  return BooksModule;
}

function faultsIn({ path, received, passed, dropped, delivery: queue, work }) {
  const faults = [];
  const expectSame = (what, one, other) => {
    if (one !== other) faults.push(`${path} ${what}: ${one} is not ${other}`);
  };
  expectSame('received', received, passed + sum(dropped));
  if (queue !== undefined) {
    const { accepted, recovered = 0, redriven = 0, delivered, deadLettered = 0, pending, handedOver = 0 } = queue;
    const settled = delivered + deadLettered + sum(queue.dropped) + pending + handedOver;
    expectSame('accepted', accepted + recovered + redriven, settled);
    expectSame('pending', pending, 0);
  }
  if (work !== undefined) {
    expectSame('work', work.received, work.settled + sum(work.dropped) + work.deadLettered + work.returned);
  }
  return faults;
}

function faultsOf({ name, received, settled, duplicates, deadLettered, returned, pending }) {
  const ended = settled + duplicates + deadLettered + returned;
  return received === ended && pending === 0
    ? []
    : [`consumer ${name}: ${received} is not ${ended} + ${pending} pending`];
}

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
