import { BehaviorSubject, ReplaySubject, share, shareReplay, Subject } from 'rxjs';

/** The user in the flow of whose request a feed runs. */
export const FEEDER = 99;

/** Subjects that are fed in the flow of one user's request, for as long as the application runs. */
export class Feed {
  readonly hot = new Subject<number>();
  readonly latest = new BehaviorSubject(0);
  readonly all = new ReplaySubject<number>(1);
  readonly shared = this.hot.pipe(share());
  readonly cached = this.hot.pipe(shareReplay(1));
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    let at = 0;
    this.timer = setInterval(() => {
      at++;
      for (const subject of [this.hot, this.latest, this.all]) subject.next(at);
    }, 2);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
