import type { Normalizer } from '../event/normalizer';
import type { EventFields } from '../event/tracking-event';
import { FieldRow } from './field-row';
import type { EnteredRequest, RequestFields, TrackedRequest } from './request-fields';
import type { ScopeOfRequest } from './request-store';
import { Scope } from './scope';
import { RequestView, View, type ScopeView } from './view';

const NOTHING = FieldRow.of({});

/** Property of a raw request that holds its FastifyRequest. */
const PLATFORM = Symbol('nestjs-event-tracking:platform');

interface Linked {
  [PLATFORM]?: TrackedRequest;
}

/**
 * Links a raw request to its FastifyRequest. On Fastify, middleware gets only the raw request, but
 * guards set the user on the FastifyRequest. Call it for each Fastify request whose scope is opened
 * by middleware, as soon as both exist.
 */
export function linkPlatformRequest(raw: object, platform: object): void {
  (raw as Linked)[PLATFORM] = platform as TrackedRequest;
}

/**
 * Scope of one request. The user is not known when a request arrives, because guards run after
 * every middleware. Therefore constant fields are read once, at the first emit, and user and
 * session at each emit. The merged view is reused while they are unchanged.
 */
export class RequestScope extends Scope implements ScopeOfRequest {
  private once: FieldRow | undefined;
  private atEmit = NOTHING;
  /**
   * JSON of the values that are not flat. They are new objects at each reading, so they are
   * compared by their JSON.
   */
  private emitText = '';

  /**
   * @param request the request as middleware or handlers get it. Undefined once the request has
   * ended. A property, not a function that returns it: V8 keeps closures of finished requests that
   * are properties until its next full garbage collection.
   */
  constructor(
    parent: Scope,
    private readonly entered: EnteredRequest,
    private request: TrackedRequest | undefined,
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
   * Reads the fields one last time. Work that the request has started may run for hours: it keeps
   * the user, but must not keep the body and the socket in memory.
   */
  release(): void {
    // most requests emit nothing after this, so an error in a field affects no event and is not
    // reported
    this.read(true);
    this.request = undefined;
  }

  reopen(request: object): void {
    this.request = request as TrackedRequest;
  }

  private read(isQuiet = false): void {
    const { request: given } = this;
    if (given === undefined) return;
    const request = (given as Linked)[PLATFORM] ?? given;
    this.once ??= this.fields.once(request, this.entered, isQuiet);
    const read = this.fields.atEmit(request, this.entered, isQuiet, this.atEmit);
    if (read !== this.atEmit) this.take(read);
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
      // Object values are new objects at each reading. Their JSON shows whether they have changed.
      const text = JSON.stringify(values);
      if (text === this.emitText) return;
      this.emitText = text;
      this.atEmit = FieldRow.of(values);
    }
    this.dropMemo();
  }

  /**
   * True if the row is already in normal form and cannot be changed by other code. Ids and names of
   * almost all users are.
   */
  private isFlat(read: FieldRow): boolean {
    const size = read.flatSize();
    return size !== undefined && this.normalizer.hasRoomFor(size);
  }
}
