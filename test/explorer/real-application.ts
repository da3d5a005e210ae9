import type { NextFunction, Request, Response } from 'express';
import type { INestApplication } from '@nestjs/common';
import { VersioningType } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  backend,
  defineEvent,
  MemoryBackend,
  processor,
  Redact,
  RoutingBackend,
  TrackingModule,
  type TrackingModuleOptions,
} from '../../src/entries';
import { Refusing, startExplorer, type AdapterName, type ExplorerRun, type ExplorerTest } from './start-explorer';

/** Default headers of helmet 8. */
const HELMET: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
    "img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';" +
    "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
};

/** Sets the headers of helmet as its middleware does, or as @fastify/helmet does. */
export function setHelmet(app: INestApplication, adapter: AdapterName): void {
  if (adapter === 'express') {
    app.use((_request: Request, response: Response, next: NextFunction) => {
      for (const [name, value] of Object.entries(HELMET)) response.setHeader(name, value);
      next();
    });
    return;
  }
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(HELMET);
    done();
  });
}

const enrolled = defineEvent('course.enrolled', {
  ...{ title: 'A learner joined a course', version: 2, when: 'After the enrolment is stored.' },
  data: z.object({
    course: z.string().describe('Key of the course.'),
    mode: z.enum(['audit', 'verified']),
    email: z.string().optional(),
  }),
  pii: ['data.email'],
  examples: [{ course: 'DemoX', mode: 'audit' }],
});

export const tracking: TrackingModuleOptions = {
  ...{ catalog: [enrolled], validation: 'report' },
  processors: [processor(Redact, { paths: ['data.card'] }), releaseOf],
  backends: {
    logs: backend(MemoryBackend),
    lrs: backend(Refusing, {}, { delivery: { batch: { maxWaitMs: 1 } } }),
    caliper: backend(RoutingBackend, {}, { backends: { archive: backend(MemoryBackend) } }),
  },
};

function releaseOf({ data }: { readonly data: Record<string, unknown> }): void {
  data['release'] = '2026.11';
}

/**
 * Starts an application that an operator may have: two trackers, a catalog, a destination that is
 * down, helmet on Express, a prefix and versions in its addresses.
 */
export function startReal(adapter: AdapterName, assets: string, changes: ExplorerTest = {}): Promise<ExplorerRun> {
  return startExplorer({
    ...{ adapter, assets, tracking, path: 'v9/tracking' },
    module: { imports: [TrackingModule.forRoot({ name: 'audit', backends: { trail: backend(MemoryBackend) } })] },
    prepare: (app) => {
      app.setGlobalPrefix('v9').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      if (adapter === 'express') setHelmet(app, adapter);
    },
    ...changes,
  });
}
