/** Compiled by `tsc --noEmit`, never run: what the shipped processors take. */
import { processor, type TrackingEvent } from 'nestjs-event-tracking';
import { AddContext } from '../../src/processors/add-context';
import { Dedupe } from '../../src/processors/dedupe';
import { Enrich } from '../../src/processors/enrich';
import { RateLimit } from '../../src/processors/rate-limit';
import { Redact } from '../../src/processors/redact';
import { RenameEvent } from '../../src/processors/rename-event';
import { Sample } from '../../src/processors/sample';
import type { AsyncProcessor } from '../../src/routing/contracts';

declare const byText: Map<string, { title: string }>;
declare const byNumber: Map<number, { title: string }>;

interface NoFields {
  [key: string]: unknown;
}
class Course {
  constructor(readonly title: string) {}
}
declare const courses: Map<string, Course>;
declare const noFields: Map<string, NoFields>;

export const fits = [
  processor(Redact, {
    paths: ['data.email'],
    keys: ['password', /token/],
    action: { hash: { keys: { k1: '…' }, current: 'k1' } },
  }),
  processor(Redact, {
    when: (path, value) => path === 'data.a' && value === 1,
    marks: (name) => (name === 'a' ? new Set(['data.a']) : undefined),
  }),
  processor(Sample, { rates: { a: 0.5 }, by: 'context.user_id' }),
  processor(AddContext, { values: ({ name }) => (name === 'a' ? { b: 1 } : undefined) }),
  processor(RenameEvent, { names: (name) => name.toLowerCase() }),
  processor(Enrich, { key: 'data.id', lookup: (id: string) => byText.get(id) }),
  processor(Enrich, { key: 'data.id', lookup: (id: number) => byNumber.get(id) }),
  processor(Enrich, { key: 'data.id', lookup: (id: string): Course | undefined => courses.get(id) }),
  processor(Enrich, { key: 'data.id', lookup: (id: string): NoFields | undefined => noFields.get(id) }),
  processor(AddContext, { values: (): Course => new Course('x') }),
  processor(Enrich, { key: ({ data }) => data['id'], lookup: (id) => byText.get(id) ?? null }),
  processor(RateLimit, { inject: ['LIMIT'], useFactory: (perSecond: number) => ({ perSecond }) }),
  processor(Dedupe, { withinMs: 5000, by: undefined, maxKeys: undefined }),
];

class Geo implements AsyncProcessor {
  async processAsync(event: TrackingEvent, signal: AbortSignal): Promise<TrackingEvent | null> {
    await Promise.resolve(signal);
    return event.name === 'a' ? null : event;
  }
}

export const fitsBehindAQueue = [
  processor(Geo),
  processor(Geo, undefined, { timeoutMs: 100, concurrency: 2, onError: 'dead-letter' }),
];

export const doesNotFit = [
  // @ts-expect-error a misspelt option
  processor(Redact, { path: ['data.email'] }),
  // @ts-expect-error a predicate that waits
  processor(Redact, { when: async () => Promise.resolve(true) }),
  // @ts-expect-error an action that it has not
  processor(Redact, { keys: ['a'], action: 'hide' }),
  // @ts-expect-error a lookup that waits
  processor(Enrich, { key: 'data.id', lookup: async (id: string) => Promise.resolve(byText.get(id)) }),
  // @ts-expect-error a limit without a rate
  processor(RateLimit, { burst: 5 }),
];
