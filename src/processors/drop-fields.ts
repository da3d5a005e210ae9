import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '../event/envelope';
import { NODE_OPTIONS } from '../routing/tokens';
import { makeRewriter, readFieldPaths } from './field-paths';
import type { FieldRewriter } from './field-rewriter';
import { OptionFaults } from './option-faults';
import { SharingProcessor } from './sharing-processor';

export interface DropFieldsOptions {
  /**
   * Paths of the fields to drop, written as in Redact: 'data.debug', 'data.answers.*.seed',
   * '**.internal'. 'data' alone leaves {}.
   */
  readonly paths: Iterable<string>;
}

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
    const faults = new OptionFaults('DropFields', "processor(DropFields, { paths: ['data.debug', '**.internal'] })");
    const { paths } = faults.read(options, ['paths']);
    const read = readFieldPaths('paths', paths, faults);
    if (read.length === 0) faults.add('it has no path, so it would drop nothing.');
    this.rewriter = makeRewriter(read, { replace: () => undefined }, faults);
    faults.throwIfAny();
  }

  processEnvelope(envelope: Envelope): Envelope {
    return this.rewriter.apply(envelope);
  }
}
