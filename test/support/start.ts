import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';

const running = new Set<INestApplicationContext>();

afterEach(async () => {
  await Promise.all([...running].map((app) => app.close()));
  running.clear();
});

/** Starts an application of these modules, without a server; closed after the test. */
export async function start(...imports: NonNullable<ModuleMetadata['imports']>): Promise<INestApplicationContext> {
  const module = await Test.createTestingModule({ imports }).compile();
  module.useLogger(false);
  const app = await module.init();
  running.add(app);
  return app;
}
