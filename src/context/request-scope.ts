import type { Normalizer } from '../event/normalizer';
import type { EventFields } from '../event/tracking-event';
import type { EnteredRequest, RequestFields, TrackedRequest } from './request-fields';
import { Scope, type View } from './scope';

/**
 * The scope of one request. The user is not known when a request comes in: guards run after every middleware. So what stays is
 * read once, at the first emit, and user and session at each; the merged view lasts while they stay the same.
 */
export class RequestScope extends Scope {
  private readonly entered: EnteredRequest;
  private onceValues: EventFields | undefined;
  private emitValues: EventFields = {};
  private emitText = '';

  /** @param requestNow the request as handlers see it; on Fastify another object than the one that middleware gets */
  constructor(
    parent: Scope,
    request: TrackedRequest,
    private readonly requestNow: () => TrackedRequest,
    private readonly fields: RequestFields,
    private readonly normalizer: Normalizer,
  ) {
    super(parent);
    this.entered = fields.enter(request);
  }

  override view(): View {
    const request = this.requestNow();
    this.onceValues ??= this.fields.once(request, this.entered);
    const read = this.fields.atEmit(request, this.entered);
    if (!isSame(read, this.emitValues)) this.take(this.normalizer.context('the request', read) ?? {});
    return super.view();
  }

  protected override get isRoot(): boolean {
    return true;
  }

  protected override ownValues(): EventFields {
    return { ...this.onceValues, ...this.emitValues };
  }

  /** Values that are objects are new ones at each reading; by their text they may still be the same. */
  private take(values: EventFields): void {
    const text = JSON.stringify(values);
    if (text === this.emitText) return;
    this.emitText = text;
    this.emitValues = values;
    this.dropMemo();
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
