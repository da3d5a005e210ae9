import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { fields, numberOf, ReadPipe } from '../input/read';
import { PARTNER_STATUSES, PartnerService, type PartnerStatus } from './partner.service';

/**
 * Changes the answer of the partner. With 503 you see retries, then an open circuit breaker. With
 * 400 you see dead letters. With 200 the waiting events arrive, and you can redrive the dead
 * letters. This route does not exist in production.
 */
@Controller('demo/partner/answer')
export class PartnerAnswerController {
  constructor(private readonly partner: PartnerService) {}

  @Post()
  @HttpCode(200)
  change(@Body(new ReadPipe(readAnswer)) answer: { status: PartnerStatus }): { status: PartnerStatus } {
    this.partner.status = answer.status;
    return answer;
  }
}

function readAnswer(body: unknown): { status: PartnerStatus } {
  return { status: numberOf(fields(body, 'body').status, 'status', PARTNER_STATUSES) };
}
