import { BoundedCache, type ResolverCacheOptions } from './bounded-cache';
import type { LearningEvent } from './learning-event';

/** Functions of the application that may take their time. */
export interface Resolvers<Actor> {
  /** Called once for each user while its answer is kept. */
  readonly actor: (event: LearningEvent, user: string) => Actor | undefined | Promise<Actor | undefined>;
  /** Called once for each course while its answer is kept. */
  readonly courseName: (courseId: string) => string | undefined | Promise<string | undefined>;
}

/** The user and the courses that the conversion of an event asks for. */
export interface Subjects {
  readonly event: LearningEvent;
  readonly user: string;
  readonly courseIds: readonly string[];
}

/** What is known before a batch is converted. */
export interface Resolved<Actor> {
  readonly actors: ReadonlyMap<string, Actor | undefined>;
  readonly courseNames: ReadonlyMap<string, string | undefined>;
  /** Why a user or a course could not be resolved, by the name of the user or course. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Resolves the users and courses of a batch before it is converted. */
export class SubjectResolver<Actor> {
  private readonly actors: BoundedCache<Actor>;
  private readonly courseNames: BoundedCache<string>;

  constructor(
    private readonly resolvers: Resolvers<Actor>,
    cache: ResolverCacheOptions | undefined,
  ) {
    this.actors = new BoundedCache(cache);
    this.courseNames = new BoundedCache(cache);
  }

  /** Never rejects: a resolver that fails is a failure of the events that asked for it. */
  async resolve(subjects: readonly Subjects[]): Promise<Resolved<Actor>> {
    const actors = new Map<string, Actor | undefined>();
    const courseNames = new Map<string, string | undefined>();
    const failures = new Map<string, string>();
    const eventOf = new Map(subjects.map(({ event, user }) => [user, event] as const));
    const courseIds = new Set(subjects.flatMap((each) => each.courseIds));
    const record = async <Value>(
      into: Map<string, Value | undefined>,
      key: string,
      what: string,
      value: () => Promise<Value | undefined>,
    ): Promise<void> => {
      try {
        into.set(key, await value());
      } catch (error) {
        failures.set(key, `${what} failed: ${error instanceof Error ? error.name : 'a value that is not an error'}`);
      }
    };
    await Promise.all([
      ...[...eventOf].map(([user, event]) =>
        record(actors, user, 'actor()', () => this.actors.get(user, async () => this.resolvers.actor(event, user))),
      ),
      ...[...courseIds].map((id) =>
        record(courseNames, id, 'courseName()', () =>
          this.courseNames.get(id, async () => this.resolvers.courseName(id)),
        ),
      ),
    ]);
    return { actors, courseNames, failures };
  }
}
