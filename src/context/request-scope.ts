import type { Normalizer } from '../event/normalizer';
import type { EventFields } from '../event/tracking-event';
import { FieldRow } from './field-row';
import type { EnteredRequest, RequestFields, TrackedRequest } from './request-fields';
import type { ScopeOfRequest } from './request-store';
import { Scope } from './scope';
import { RequestView, View, type ScopeView } from './view';

const NOTHING = FieldRow.of({});

/**
 * The scope of one request. The user is not known when a request comes in: guards run after every middleware. So what stays is
 * read once, at the first emit, and user and session at each; the merged view lasts while they stay the same.
 */
export class RequestScope extends Scope implements ScopeOfRequest {
  private once: FieldRow | undefined;
  private atEmit = NOTHING;
  /** Of what is not flat, which is another object at each reading. */
  private emitText = '';

  /**
   * @param requestNow the request as handlers see it; on Fastify another object than the one that middleware gets. Undefined
   *   once the request is over
   */
  constructor(
    parent: Scope,
    private readonly entered: EnteredRequest,
    private requestNow: (() => TrackedRequest) | undefined,
    private readonly fields: RequestFields,
    private readonly normalizer: Normalizer,
  ) {
    super(parent);
  }

  override view(): ScopeView {
    this.read();
    return super.view();
  }

  /**
   * Reads the fields a last time: what the request has started may go on for hours, and must keep its user, but not its body
   * and its socket.
   */
  release(): void {
    this.read(true); // most requests have emitted all they ever will: a field that fails now concerns no event
    this.requestNow = undefined;
  }

  reopen(request: object): void {
    this.requestNow = () => request as TrackedRequest;
  }

  private read(isQuiet = false): void {
    const request = this.requestNow?.();
    if (request === undefined) return;
    this.once ??= this.fields.once(request, this.entered, isQuiet);
    const read = this.fields.atEmit(request, this.entered, isQuiet);
    if (!read.isSame(this.atEmit)) this.take(read);
  }

  protected override get isRoot(): boolean {
    return true;
  }

  protected override around(ofParent: ScopeView | undefined): ScopeView | undefined {
    const { once, atEmit, fields } = this;
    if (once === undefined) return ofParent;
    if (fields.areDistinct) return new RequestView(ofParent, once, atEmit);
    const values: EventFields = {};
    once.addTo(values);
    atEmit.addTo(values);
    return new View(ofParent, values);
  }

  private take(read: FieldRow): void {
    if (this.isFlat(read)) {
      this.emitText = '';
      this.atEmit = read;
    } else {
      const given: EventFields = {};
      read.addTo(given);
      const values = this.normalizer.context('the request', given) ?? {};
      // Values that are objects are new ones at each reading; by their text they may still be the same.
      const text = JSON.stringify(values);
      if (text === this.emitText) return;
      this.emitText = text;
      this.atEmit = FieldRow.of(values);
    }
    this.dropMemo();
  }

  /** Whether it is its own normal form, and nobody else can change it: ids and names, as almost every user has them. */
  private isFlat(read: FieldRow): boolean {
    const size = read.flatSize();
    return size !== undefined && this.normalizer.hasRoomFor(size);
  }
}
