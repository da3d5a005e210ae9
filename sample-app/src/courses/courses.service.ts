import { Injectable, NotFoundException } from '@nestjs/common';

export interface Course {
  readonly id: string;
  readonly org: string;
  readonly title: string;
  readonly video: Video;
  readonly problems: readonly Problem[];
}

export interface Video {
  readonly id: string;
  /** Encoding that the player loads. A video keeps its `id` when it is encoded again. */
  readonly code: string;
  /** Duration in seconds. */
  readonly duration: number;
}

export interface Problem {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly maxAttempts: number;
  /** Points for a correct answer. */
  readonly weight: number;
}

const COURSES: readonly Course[] = [
  {
    id: 'course-v1:edX+DemoX+2026',
    org: 'edX',
    title: 'A Tour of Europe',
    video: { id: 'welcome-to-europe', code: 'hls-720p', duration: 180 },
    problems: [
      { id: 'capital', question: 'What is the capital of France?', answer: 'Paris', maxAttempts: 5, weight: 1 },
      { id: 'rivers', question: 'Which river flows through Vienna?', answer: 'Danube', maxAttempts: 2, weight: 2 },
    ],
  },
  {
    id: 'course-v1:Observatory+Stars101+2026',
    org: 'Observatory',
    title: 'Reading the Night Sky',
    video: { id: 'finding-north', code: 'hls-1080p', duration: 95 },
    problems: [{ id: 'north', question: 'Which star marks north?', answer: 'Polaris', maxAttempts: 3, weight: 1 }],
  },
];

@Injectable()
export class CoursesService {
  all(): readonly Course[] {
    return COURSES;
  }

  find(id: unknown): Course | undefined {
    return COURSES.find((course) => course.id === id);
  }

  get(id: string): Course {
    const course = this.find(id);
    if (course) return course;
    throw new NotFoundException(`There is no course "${id}". GET /courses lists all courses.`);
  }
}
