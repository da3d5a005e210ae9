import { Controller, HttpCode, Post } from '@nestjs/common';
import { NightlyJob, type NightlySummary } from './nightly.job';

@Controller('jobs')
export class JobsController {
  constructor(private readonly nightly: NightlyJob) {}

  /** Runs the nightly job now. Its events have the context of the job and of this request. */
  @Post('nightly')
  @HttpCode(200)
  run(): Promise<NightlySummary> {
    return this.nightly.run();
  }
}
