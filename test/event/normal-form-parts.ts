export class CourseKey {
  constructor(private readonly org: string) {}

  toJSON(): string {
    return `course-v1:${this.org}`;
  }
}
