import {
  asyncScheduler,
  BehaviorSubject,
  concatMap,
  defer,
  EMPTY,
  finalize,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  Observable,
  observeOn,
  of,
  range,
  Subject,
  switchMap,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { startTracker } from './start-tracker';
import { fail } from '../support/fail';

describe('An Observable of a body', () => {
  it('is subscribed inside the scope, once for each subscriber', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () =>
      defer(() => {
        tracker.emit('e');
        return of(1, 2);
      }),
    );
    expect(contexts()).toEqual([]);
    expect(await lastValueFrom(stream)).toBe(2);
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual([1, 2]);
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('works inside the scope when its values come later', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () =>
      timer(1, 1).pipe(
        take(2),
        tap(() => tracker.emit('e')),
      ),
    );
    await lastValueFrom(stream);
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('fails with its error', async () => {
    const { tracker, contexts } = await startTracker();
    const error = new Error('the stream failed');
    const stream = tracker.context({ user_id: 1 }, () =>
      throwError(() => {
        tracker.emit('e');
        return error;
      }),
    );
    await expect(lastValueFrom(stream)).rejects.toBe(error);
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('fails with the error that subscribing throws', async () => {
    const { tracker } = await startTracker();
    const error = new Error('subscribing failed');
    const stream = tracker.context({}, () => new Observable(() => void fail(error)));
    await expect(lastValueFrom(stream)).rejects.toBe(error);
  });

  it('completes without a value', async () => {
    const { tracker } = await startTracker();
    const complete = jest.fn();
    tracker.context({}, () => EMPTY).subscribe({ complete });
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('is torn down once, inside the scope, when it is unsubscribed', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () => timer(60_000).pipe(finalize(() => tracker.emit('e'))));
    const subscription = stream.subscribe();
    expect(contexts()).toEqual([]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('is torn down inside the scope when it ends, too', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () => of(1).pipe(finalize(() => tracker.emit('e'))));
    await lastValueFrom(stream);
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('stops at once when its reader unsubscribes', async () => {
    const { tracker } = await startTracker();
    const made: number[] = [];
    const stream = tracker.context({}, () => range(0, 1_000_000).pipe(tap((value) => made.push(value))));
    expect(await lastValueFrom(stream.pipe(take(2), toArray()))).toEqual([0, 1]);
    expect(made).toEqual([0, 1]);
  });

  it('passes its values to readers outside of the scope', async () => {
    const { tracker, contexts } = await startTracker();
    const streams = [of(1), timer(1), of(1).pipe(observeOn(asyncScheduler))];
    for (const stream of streams) {
      await tracker.context({ reader: true }, () =>
        lastValueFrom(
          tracker
            .context({ user_id: 1 }, () => stream)
            .pipe(
              tap({
                next: () => tracker.emit('e'),
                complete: () => tracker.emit('e'),
                finalize: () => tracker.emit('e'),
              }),
            ),
        ),
      );
    }
    expect(contexts()).toEqual(new Array(9).fill({ reader: true }));
  });

  it('passes nothing of its scope on to the Observable that follows it', async () => {
    const { tracker, contexts } = await startTracker();
    const users = [{ user_id: 1, plan: 'gold' }, { user_id: 2 }, { user_id: 3 }];
    await lastValueFrom(
      from(users).pipe(
        concatMap((user) =>
          tracker.context(user, () =>
            timer(1).pipe(
              tap(() => {
                tracker.enterContext('seen', { [`seen_${user.user_id}`]: true });
                tracker.emit('e');
              }),
            ),
          ),
        ),
      ),
    );
    expect(contexts()).toEqual([
      { user_id: 1, plan: 'gold', seen_1: true },
      { user_id: 2, seen_2: true },
      { user_id: 3, seen_3: true },
    ]);
  });

  it('stays a Subject if it is one, and its creator can still feed it', async () => {
    const { tracker } = await startTracker();
    const subject = new BehaviorSubject(1);
    expect(tracker.context({}, () => subject)).toBe(subject);
    expect(tracker.context({}, () => subject.asObservable())).toBeInstanceOf(Observable);
  });

  it('may come from a Subject, and runs inside the scope what starts at subscription', async () => {
    const { tracker, contexts } = await startTracker();
    const subject = new BehaviorSubject(1);
    const stream = tracker.context({ user_id: 1 }, () =>
      subject.pipe(
        switchMap((value) => timer(1).pipe(map(() => value + 1))),
        tap(() => tracker.emit('inside')),
      ),
    );
    expect(await firstValueFrom(stream.pipe(tap(() => tracker.emit('outside'))))).toBe(2);
    expect(contexts('inside')).toEqual([{ user_id: 1 }]);
    expect(contexts('outside')).toEqual([{}]);
  });

  // As with an event emitter: nobody but the feeder knows when, so nobody but the feeder has a flow
  // to give.
  it('works in the scope, whichever code feeds the Subject that it comes from', async () => {
    const { tracker, contexts } = await startTracker();
    const subject = new Subject<number>();
    const stream = tracker.context({ user_id: 1 }, () => subject.pipe(tap(() => tracker.emit('inside'))));
    const first = firstValueFrom(stream.pipe(tap(() => tracker.emit('outside'))));
    tracker.context({ feeder: true }, () => subject.next(2));
    expect(await first).toBe(2);
    expect(contexts('inside')).toEqual([{ user_id: 1 }]);
    expect(contexts('outside')).toEqual([{}]);
  });
});
