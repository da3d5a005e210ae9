import { Module } from '@nestjs/common';
import { CoursesController } from './courses.controller';
import { CoursesService } from './courses.service';

/** A module of its own because two others import it: the application, and the tracking tree, whose CourseOrg processor asks it. */
@Module({ controllers: [CoursesController], providers: [CoursesService], exports: [CoursesService] })
export class CoursesModule {}
