import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '../event/envelope';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything } from '../common/option-rules';
import { NODE_OPTIONS } from '../routing/tokens';
import { createRewriter, PATH_LIST, readFieldPaths } from './paths/field-paths';
import type { FieldRewriter } from './paths/field-rewriter';
import { SharingProcessor } from './sharing-processor';

export interface DropFieldsOptions {
  /**
   * Paths of the fields to drop, written as in Redact: 'data.debug', 'data.answers.*.seed',
   * '**.internal'. 'data' alone leaves {}.
   */
  readonly paths: Iterable<string>;
}

const EXAMPLE = "processor(DropFields, { paths: ['data.debug', '**.internal'] })";
const RULES: OptionRules<DropFieldsOptions> = { paths: anything({ isRequired: true, expected: PATH_LIST }) };

/**
 * Removes fields from events. If it fails for an event, the event is dropped.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class DropFields extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication = false;
  private readonly rewriter: FieldRewriter;

  constructor(@Inject(NODE_OPTIONS) options: DropFieldsOptions) {
    super();
    const check = new OptionChecker('DropFields', { example: EXAMPLE });
    const { paths } = check.read(options, RULES);
    const read = readFieldPaths(paths, check.at('paths'));
    if (read.length === 0 && check.errors.length === 0) check.add('paths is empty, so nothing would be dropped.');
    this.rewriter = createRewriter(read, { replace: () => undefined }, check.whole);
    check.throwIfAny();
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope {
    return this.rewriter.apply(envelope);
  }
}
