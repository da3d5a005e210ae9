import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsEnum, IsString, ValidateNested } from 'class-validator';
import { defineEvent } from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
import { Mode, Users } from './user.entity.js';

class Seat {
  @IsEnum(Mode) mode!: Mode;
}

class EnrolmentDto {
  @IsString() course_id!: string;
  @ValidateNested() @Type(() => Seat) seat!: Seat;
}

export const Enrolled = defineEvent('course.enrolled', { when: 'A learner enrols.', data: dto(EnrolmentDto) });
export const known = Users.name;
