import type { Normalizer } from '../event/normalizer';
import type { EventFields } from '../event/tracking-event';
import type { EnteredRequest, RequestFields, TrackedRequest } from './request-fields';
import { mergeLayers, Scope, type View } from './scope';

/**
 * The scope of one request. The user is not known when a request comes in: guards run after every middleware. So what stays is
 * read once, at the first emit, and user and session at each; the merged view lasts while they stay the same.
 */
export class RequestScope extends Scope {
  private onceValues: EventFields | undefined;
  private emitValues: EventFields = {};
  private emitText = '';

  /** @param requestNow the request as handlers see it; on Fastify another object than the one that middleware gets */
  constructor(
    parent: Scope,
    private readonly entered: EnteredRequest,
    private readonly requestNow: () => TrackedRequest,
    private readonly fields: RequestFields,
    private readonly normalizer: Normalizer,
  ) {
    super(parent);
  }

  override view(): View {
    const request = this.requestNow();
    this.onceValues ??= this.fields.once(request, this.entered);
    const read = this.fields.atEmit(request, this.entered);
    if (!isSame(read, this.emitValues)) this.take(read);
    return super.view();
  }

  protected override get isRoot(): boolean {
    return true;
  }

  protected override ownValues(): EventFields | undefined {
    if (this.onceValues === undefined) return undefined;
    return mergeLayers({}, this.onceValues, this.emitValues);
  }

  private take(read: EventFields): void {
    if (!this.isFlat(read)) {
      const values = this.normalizer.context('the request', read) ?? {};
      // Values that are objects are new ones at each reading; by their text they may still be the same.
      const text = JSON.stringify(values);
      if (text === this.emitText) return;
      this.emitText = text;
      this.emitValues = values;
    } else {
      this.emitText = '';
      this.emitValues = read;
    }
    this.dropMemo();
  }

  /** Whether it is its own normal form, and nobody else can change it: ids and names, as almost every user has them. */
  private isFlat(read: EventFields): boolean {
    for (const key in read) if (typeof read[key] === 'object') return false;
    return this.normalizer.isPlain(read);
  }
}

function isSame(read: EventFields, known: EventFields): boolean {
  let count = 0;
  for (const key in read) {
    if (!Object.is(read[key], known[key])) return false;
    count++;
  }
  return count === Object.keys(known).length;
}
