/** Compiled by `tsc --noEmit`, never run: what the tracker takes and gives. */
import type { Observable } from 'rxjs';
import {
  currentTracker,
  MemoryBackend,
  type Backend,
  type ConfirmedEvent,
  type IdentifiedEvent,
  type TrackerService,
  type TrackingEvent,
} from 'nestjs-event-tracking';

declare const tracker: TrackerService;
declare const observable: Observable<number>;

/** An interface has no index signature, which Record would ask for. */
interface EnrollmentDto {
  readonly course: string;
  readonly mode?: 'audit' | 'verified';
}
declare const dto: EnrollmentDto;
class User {
  constructor(readonly id: number) {}
}

tracker.emit();
tracker.emit('a');
tracker.emit('a', dto);
tracker.emit('a', new User(7));
tracker.emit('a', [dto]);
tracker.emit('a', undefined);
tracker.emit(undefined, dto);
// @ts-expect-error a name is text
tracker.emit(7);
// @ts-expect-error data is an object
tracker.emit('a', 'text');

tracker.context(dto, () => 7) satisfies number;
void (tracker.context(new User(7), async () => Promise.resolve(7)) satisfies Promise<number>);
tracker.context('name', dto, () => observable) satisfies Observable<number>;
tracker.context({}, async function* () {
  yield await Promise.resolve(7);
}) satisfies AsyncGenerator<number>;
// @ts-expect-error values have keys
tracker.context('user', () => 7);
// @ts-expect-error without a body there is no scope
tracker.context('name', dto);
tracker.enterContext('request', dto);
// @ts-expect-error values have keys
tracker.enterContext('request', 'text');
tracker.exitContext('request');
// @ts-expect-error nobody may change what events will carry
tracker.currentContext().user_id.name = 7;

export const confirmed: Promise<ConfirmedEvent> = tracker.emitConfirmed('a', dto, { timeoutMs: 10 });
void tracker.emitConfirmed('a', undefined, { signal: undefined, timeoutMs: undefined });
void tracker.emitConfirmed('a', {}, { signal: AbortSignal.timeout(10) });
// @ts-expect-error to be confirmed an event needs a name
void tracker.emitConfirmed();
void confirmed.then(({ id, destinations }) => [id.length, destinations['sink']?.length]);
void confirmed.then(({ destinations }) => {
  // @ts-expect-error what is confirmed is not dropped
  return destinations['sink'] === 'dropped';
});

tracker.backend<MemoryBackend>('sink').events() satisfies IdentifiedEvent[];
// @ts-expect-error of an unnamed class nothing is known
tracker.backend('sink').events();

export const own: Backend = {
  send: (event: TrackingEvent): void => {
    event.data['key'] = 7;
  },
};
tracker.registerBackend('own', own);
tracker.registerBackend('memory', new MemoryBackend());
// @ts-expect-error a class instead of an instance
tracker.registerBackend('memory', MemoryBackend);
// @ts-expect-error no backend
tracker.registerBackend('own', {});
tracker.registerProcessor((event) => event);
tracker.registerProcessor({ process: () => null });
// @ts-expect-error an async function
tracker.registerProcessor(async () => Promise.resolve());
// @ts-expect-error a process that is async
tracker.registerProcessor({ process: async () => Promise.resolve() });

currentTracker()?.emit('a');
// @ts-expect-error outside of every scope there is none
currentTracker().emit('a');
