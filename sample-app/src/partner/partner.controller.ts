import { BadRequestException, Body, Controller, Get, HttpException, Post } from '@nestjs/common';
import { fields, ReadPipe, text } from '../input/read';
import { PartnerService, type PartnerEnrolment, type PartnerStatus } from './partner.service';

const REASONS: Readonly<Record<Exclude<PartnerStatus, 200>, string>> = {
  400: 'course is not in the contract',
  503: 'maintenance',
};

/** Routes of the simulated partner. PartnerDestination sends enrolments to `POST /demo/partner`. */
@Controller('demo/partner')
export class PartnerController {
  constructor(private readonly partner: PartnerService) {}

  @Post()
  receive(@Body(new ReadPipe(readEnrolments)) enrolments: PartnerEnrolment[]): { received: number } {
    const { status } = this.partner;
    if (status !== 200) throw new HttpException({ reason: REASONS[status] }, status);
    this.partner.receive(enrolments);
    return { received: enrolments.length };
  }

  /** Shows the current answer of the partner and the enrolments that it has received. */
  @Get()
  show(): object {
    return { status: this.partner.status, received: this.partner.list() };
  }
}

function readEnrolments(body: unknown): PartnerEnrolment[] {
  if (!Array.isArray(body)) throw new BadRequestException('Send an array of enrolments.');
  return body.map((item: unknown, index) => {
    const enrolment = fields(item, `[${index}]`);
    return { ...enrolment, id: text(enrolment.id, `[${index}].id`) };
  });
}
