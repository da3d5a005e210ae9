import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { RecentKeys } from '../common/recent-keys';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { showChoice } from '../common/tracking-config.exception';
import type { FieldPath } from './event-path';
import { EventHashes } from './event-hashes';
import { makeRewriter, readFieldPaths } from './field-paths';
import type { FieldRewriter, RewriteRule } from './field-rewriter';
import { KeyNames } from './key-names';
import { OptionFaults } from './option-faults';
import { readHash, type HashKeys } from './pseudonyms';
import { SharingProcessor } from './sharing-processor';

/** What a value becomes. */
export type RedactAction = 'mask' | 'remove' | { readonly mask: string } | { readonly hash: HashKeys };

export interface RedactOptions {
  /** Places in the event: 'data.email', 'data.users.*.email', 'context.ip', '**.password'. With a value goes all in it.  @default [] */
  readonly paths?: Iterable<string> | undefined;
  /** Fields by their name, at any depth and in lists too, in any case; a pattern may match anywhere in the name.  @default [] */
  readonly keys?: Iterable<string | RegExp> | undefined;
  /** Asked for each text, number, boolean, null and date, with its path: 'data.users.0.note'.  @default none */
  readonly when?: ((path: string, value: unknown) => boolean) | undefined;
  /** More paths for events of a name: asked once for each name.  @default none */
  readonly marks?: ((eventName: string) => Iterable<string> | undefined) | undefined;
  /** 'mask' is the text `[redacted]`, `{ mask }` another; a hash is `id:hex`, by the current key's id, for up to 1,000 values of an event.  @default 'mask' */
  readonly action?: RedactAction | undefined;
}

const MASK = '[redacted]';
interface ReadAction {
  readonly replace: RewriteRule['replace'];
  readonly hashes?: EventHashes | undefined;
}
const MAX_NAMES = 1000;
const EXAMPLE = "processor(Redact, { paths: ['data.email', 'context.ip'], keys: ['password', /token/] })";

/**
 * Takes out of events what must not get further: by place, by the name of a field, or by what a value is. Everything else is
 * shared with the event as it was, which other branches still see whole. An event that it fails for is held back.
 * @throws TrackingConfigException for its options, all faults at once; options that would redact nothing are one
 */
@Injectable()
export class Redact extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication: boolean;
  private readonly paths: readonly FieldPath[];
  private readonly rule: RewriteRule;
  private readonly rewriter: FieldRewriter;
  private readonly marks: RedactOptions['marks'];
  private readonly action: RedactAction;
  private readonly hashes: EventHashes | undefined;
  private readonly rewriters = new RecentKeys<FieldRewriter>(MAX_NAMES);

  constructor(@Inject(NODE_OPTIONS) options: RedactOptions) {
    super();
    const faults = new OptionFaults('Redact', EXAMPLE);
    const given = faults.read<RedactOptions>(options, ['paths', 'keys', 'when', 'marks', 'action']);
    const { paths = [], keys = [], when, marks, action = 'mask' } = given;
    const keyNames = KeyNames.read(faults.list('keys', keys), faults);
    if (when !== undefined) faults.synchronous('when', when);
    if (marks !== undefined) faults.synchronous('marks', marks);
    const { replace, hashes } = readAction(action, faults);
    this.hashes = hashes;
    this.rule = {
      replace,
      isReusable: hashes && (() => hashes.isComplete),
      isKeyMeant: keyNames && ((key) => keyNames.has(key)),
      isValueMeant: when && ((path, value) => Boolean(synchronous<unknown>(when(path, value)))),
    };
    this.paths = readFieldPaths('paths', paths, faults);
    refuseContext(this.paths, action, faults);
    if (this.paths.length === 0 && keyNames === undefined && when === undefined && marks === undefined) {
      faults.add('it has neither paths, keys, when nor marks, so it would redact nothing.');
    }
    this.rewriter = makeRewriter(this.paths, this.rule, faults);
    faults.throwIfAny();
    this.marks = marks;
    this.action = action;
    this.callsApplication = when !== undefined || marks !== undefined;
  }

  /**
   * The texts under which a value may stand where it was hashed, by the current key first: for finding what is known of
   * somebody, across rotations of the key.
   */
  static hashes(value: unknown, hash: HashKeys): string[] {
    const faults = new OptionFaults('Redact.hashes', 'Redact.hashes(value, { keys, current }) as in the options');
    const pseudonyms = readHash(hash, faults);
    faults.throwIfAny();
    return pseudonyms?.all(value) ?? [];
  }

  processEnvelope(envelope: Envelope): Envelope | DropReason {
    const rewriter = this.rewriterFor(envelope.name);
    const { hashes } = this;
    return hashes === undefined ? rewriter.apply(envelope) : hashes.inEvent(envelope, () => rewriter.apply(envelope));
  }

  private rewriterFor(eventName: string): FieldRewriter {
    if (this.marks === undefined) return this.rewriter;
    const key = boundedKey(eventName);
    return this.rewriters.get(key) ?? this.rewriters.enter(key, this.marked(this.marks(eventName)));
  }

  /** @throws TrackingConfigException for what is no path, so that the event is held back */
  private marked(marks: unknown): FieldRewriter {
    const faults = new OptionFaults('Redact', "marks: (eventName) => ['data.email']");
    const paths = readFieldPaths('marks', synchronous(marks) ?? [], faults);
    refuseContext(paths, this.action, faults);
    const rewriter = paths.length === 0 ? this.rewriter : makeRewriter([...this.paths, ...paths], this.rule, faults);
    faults.throwIfAny();
    return rewriter;
  }
}

/** A text in the place of the whole context would be no context. */
function refuseContext(paths: readonly FieldPath[], action: RedactAction, faults: OptionFaults): void {
  if (action === 'remove' || !paths.some(({ part, steps }) => part === 'context' && steps.length === 0)) return;
  faults.add('the path "context" is all of it, and no text can take the place of that.', "'context.*'");
}

function readAction(action: unknown, faults: OptionFaults): ReadAction {
  if (action === 'mask') return { replace: () => MASK };
  if (action === 'remove') return { replace: () => undefined };
  const { mask, hash } = (action ?? {}) as { mask?: unknown; hash?: HashKeys };
  if (typeof mask === 'string') return { replace: () => mask };
  if (hash === undefined) {
    faults.add(
      `action is ${showChoice(action, ['mask', 'remove'])}; it can be 'mask', 'remove', { mask: '***' } or { hash: { keys, current } }.`,
    );
    return { replace: () => MASK };
  }
  const pseudonyms = readHash(hash, faults);
  const hashes = pseudonyms && new EventHashes(pseudonyms, MASK);
  // Null is nobody: hashed, it would make one person of all who are not known.
  return { replace: (value) => (value === null ? null : hashes?.of(value)), hashes };
}
