import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { RecentKeys } from './recent-keys';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { anything, synchronous as synchronousFunction } from '../common/option-rules';
import { showChoice } from '../common/show-value';
import type { FieldPath } from './paths/event-path';
import { EventHashes } from './event-hashes';
import { createRewriter, readFieldPaths } from './paths/field-paths';
import type { FieldRewriter, RewriteRule } from './paths/field-rewriter';
import { KeyNames } from './paths/key-names';
import { readHash, type HashKeys } from './pseudonyms';
import { SharingProcessor } from './sharing-processor';

/** Replacement of a redacted value. */
export type RedactAction = 'mask' | 'remove' | { readonly mask: string } | { readonly hash: HashKeys };

export interface RedactOptions {
  /**
   * Paths to redact: 'data.email', 'data.users.*.email', 'context.ip', '**.password'. A value is
   * redacted with all its contents.
   * @default []
   */
  readonly paths?: Iterable<string> | undefined;
  /**
   * Field names to redact, at any depth including lists, ignoring case. A pattern may match
   * anywhere in the name.
   * @default []
   */
  readonly keys?: Iterable<string | RegExp> | undefined;
  /**
   * Predicate that is called with each string, number, boolean, null and date, and its path:
   * 'data.users.0.note'.
   * @default none
   */
  readonly when?: ((path: string, value: unknown) => boolean) | undefined;
  /**
   * Returns additional paths for events with a name. The paths of the 1,000 most recent names are
   * remembered.
   * @default none
   */
  readonly marks?: ((eventName: string) => Iterable<string> | undefined) | undefined;
  /**
   * Replacement: 'mask' writes `[redacted]`, `{ mask }` another string. A hash is `id:hex` with the
   * id of the current key, for up to 1,000 values of an event.
   * @default 'mask'
   */
  readonly action?: RedactAction | undefined;
}

const RULES: OptionRules<RedactOptions> = {
  paths: anything(),
  keys: anything(),
  when: synchronousFunction(),
  marks: synchronousFunction(),
  action: anything(),
};
/** What stands in the place of a redacted value, unless the options name another string. */
export const MASK = '[redacted]';
interface ReadAction {
  readonly replace: RewriteRule['replace'];
  readonly hashes?: EventHashes | undefined;
}
const MAX_NAMES = 1000;
const EXAMPLE = "processor(Redact, { paths: ['data.email', 'context.ip'], keys: ['password', /token/] })";

/**
 * Redacts values of events: by path, by field name, or by value.
 * The result shares all other values with the original event, which other branches still see in
 * full. If it fails for an event, the event is dropped.
 * @throws TrackingConfigException for invalid options, with all errors at once; options that would
 * redact nothing are invalid
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
    const check = new OptionChecker('Redact', { example: EXAMPLE });
    const { paths, keys, when, marks, action = 'mask' } = check.read(options, RULES);
    const keyNames = KeyNames.read(keys, check.at('keys'));
    const { replace, hashes } = readAction(action, check.at('action'));
    this.hashes = hashes;
    this.rule = {
      replace,
      isReusable: hashes && (() => hashes.isComplete),
      isKeyMeant: keyNames && ((key) => keyNames.has(key)),
      isValueMeant: when && ((path, value) => Boolean(synchronous<unknown>(when(path, value)))),
    };
    this.paths = readFieldPaths(paths, check.at('paths'));
    refuseContext(this.paths, action, check.whole);
    if (this.paths.length === 0 && keyNames === undefined && when === undefined && marks === undefined) {
      check.add('paths, keys, when and marks are missing, so nothing would be redacted.');
    }
    this.rewriter = createRewriter(this.paths, this.rule, check.whole);
    check.throwIfAny();
    this.marks = marks;
    this.action = action;
    this.callsApplication = when !== undefined || marks !== undefined;
  }

  /**
   * Returns all hashes under which a value may be stored, the current key first. Use it to find the
   * data of a person across key rotations.
   */
  static hashes(value: unknown, hash: HashKeys): string[] {
    const example = 'Redact.hashes(value, { keys, current }) as in the options';
    const check = new OptionChecker('Redact.hashes', { example });
    const pseudonyms = readHash(hash, check.at('hash'));
    check.throwIfAny();
    return pseudonyms?.all(value) ?? [];
  }

  /** @internal */
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

  /**
   * Creates the rewriter for the paths that `marks` returned.
   * @throws TrackingConfigException for an invalid path, so that the event is dropped
   */
  private marked(marks: unknown): FieldRewriter {
    const check = new OptionChecker('Redact', { example: "marks: (eventName) => ['data.email']" });
    const paths = readFieldPaths(synchronous(marks) ?? [], check.at('marks'));
    refuseContext(paths, this.action, check.whole);
    const all = [...this.paths, ...paths];
    const rewriter = paths.length === 0 ? this.rewriter : createRewriter(all, this.rule, check.whole);
    check.throwIfAny();
    return rewriter;
  }
}

/**
 * Refuses the path of the whole context if it would be replaced with a string, which is not a
 * context.
 */
function refuseContext(paths: readonly FieldPath[], action: RedactAction, whole: OptionPlace): void {
  if (action === 'remove' || !paths.some(({ part, steps }) => part === 'context' && steps.length === 0)) return;
  whole.add('the path "context" is the whole context, which a string cannot replace.', "use 'context.*'");
}

function readAction(action: unknown, place: OptionPlace): ReadAction {
  if (action === 'mask') return { replace: () => MASK };
  if (action === 'remove') return { replace: () => undefined };
  const { mask, hash } = (action ?? {}) as { mask?: unknown; hash?: HashKeys };
  if (typeof mask === 'string') return { replace: () => mask };
  if (hash === undefined) {
    place.reject(
      showChoice(action, ['mask', 'remove']),
      `"mask", "remove", { mask: '***' } or { hash: { keys, current } }`,
    );
    return { replace: () => MASK };
  }
  const pseudonyms = readHash(hash, place.inside('hash'));
  const hashes = pseudonyms && new EventHashes(pseudonyms, MASK);
  // Null stays null: a hash of null would make one person of all unknown persons.
  return { replace: (value) => (value === null ? null : hashes?.of(value)), hashes };
}
