import { Controller, HttpCode, Post } from '@nestjs/common';
import { NightlyJob, type NightlySummary } from './nightly.job';

@Controller('jobs')
export class JobsController {
  constructor(private readonly nightly: NightlyJob) {}

  /** Runs the nightly job at once. Called from here, its events carry the job's context and the request's. */
  @Post('nightly')
  @HttpCode(200)
  run(): NightlySummary {
    return this.nightly.run();
  }
}
