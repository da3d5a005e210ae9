import { setImmediate as turn } from 'node:timers/promises';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Param, Sse } from '@nestjs/common';
import { Args, Field, GraphQLModule, Int, Mutation, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { map, take, tap, timer, type Observable } from 'rxjs';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { platforms, TestCase } from '../support/test-case';
import { CoursesService } from './handler-parts';

describe.each(platforms)('An HTTP handler on %s', (_platform, Adapter) => {
  it('gets context from @TrackingContext on class and method, and emits with @TrackEvent', async () => {
    @TrackingContext({ area: 'courses', level: 'class' })
    @Controller('courses')
    class CoursesController {
      constructor(private readonly courses: CoursesService) {}

      @Get(':id')
      @TrackEvent('course.shown', ({ args: [id], result }) => ({
        id: id as string,
        title: (result as { title: string }).title,
      }))
      @TrackingContext(({ args: [id] }) => ({ course_id: id as string, level: 'method' }))
      async show(@Param('id') id: string): Promise<object> {
        return { title: await this.courses.load(id) };
      }
    }
    const run = await TestCase.of({ controllers: [CoursesController], providers: [CoursesService] })
      .on(Adapter)
      .start();
    await run.get('/courses/a', { as: { userId: 1 } });
    const context = { area: 'courses', level: 'method', course_id: 'a', user_id: 1, path: '/courses/a' };
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'course.loaded', context: expect.objectContaining(context) }),
      expect.objectContaining({
        name: 'course.shown',
        data: { id: 'a', title: 'course a' },
        context: expect.objectContaining(context),
      }),
    ]);
  });
});

describe.each(platforms)('A handler of server-sent events on %s', (_platform, Adapter) => {
  it('gets context from @TrackingContext for everything in its stream, and emits with @TrackEvent at the end of the stream', async () => {
    @Controller()
    class ProgressController {
      constructor(private readonly tracker: TrackerService) {}

      @Sse('progress/:id')
      @TrackEvent('progress.over', ({ count, result }) => ({ count, result: result as object }))
      @TrackingContext(({ args: [id] }) => ({ course_id: id as string }))
      progress(@Param('id') id: string): Observable<object> {
        return timer(1, 1).pipe(
          take(2),
          map((at) => ({ data: { id, at } })),
          tap(() => this.tracker.emit('progress')),
        );
      }
    }
    const run = await TestCase.of({ controllers: [ProgressController] })
      .on(Adapter)
      .start();
    const { body } = await run.get('/progress/a', { as: { userId: 1 } });
    expect(body).toMatch(/data: \{"id":"a","at":0\}[^]*data: \{"id":"a","at":1\}/);
    const context = expect.objectContaining({ course_id: 'a', path: '/progress/a', user_id: 1 });
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'progress', context }),
      expect.objectContaining({ name: 'progress', context }),
      expect.objectContaining({
        name: 'progress.over',
        data: { count: 2, result: { data: { id: 'a', at: 1 } } },
        context,
      }),
    ]);
  });
});

describe('A GraphQL resolver', () => {
  @ObjectType()
  class Course {
    @Field()
    id!: string;

    @Field()
    title!: string;

    @Field(() => Int)
    size!: number;
  }

  @TrackingContext({ area: 'graphql' })
  @Resolver(() => Course)
  class CoursesResolver {
    constructor(private readonly courses: CoursesService) {}

    @Query(() => Course)
    @TrackEvent('course.queried', ({ args: [id] }) => ({ id: id as string }))
    @TrackingContext(({ args: [id] }) => ({ course_id: id as string }))
    async course(@Args('id') id: string): Promise<object> {
      return { id, title: await this.courses.load(id) };
    }

    @ResolveField()
    @TrackEvent('size.resolved')
    async size(): Promise<number> {
      await turn();
      return 7;
    }

    @Mutation(() => Boolean)
    @TrackEvent('course.removed', { on: 'error', data: ({ error }) => ({ why: String(error) }) })
    remove(@Args('id') id: string): boolean {
      throw new Error(`${id} is in use`);
    }
  }

  it('gets the context of its request and of @TrackingContext, and emits with @TrackEvent', async () => {
    const run = await TestCase.of({
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, graphiql: false }),
      ],
      providers: [CoursesResolver, CoursesService],
    }).start();
    const query = '{ a: course(id: "a") { title size } b: course(id: "b") { title size } }';
    const answer = await run.post('/graphql', { query }, { headers: { 'user-agent': 'a client' } });
    expect(answer.body).toEqual({
      data: { a: { title: 'course a', size: 7 }, b: { title: 'course b', size: 7 } },
    });
    await run.post('/graphql', { query: 'mutation { remove(id: "a") }' });
    const events = run.events();
    const inCourse = (id: string): unknown =>
      expect.objectContaining({ area: 'graphql', course_id: id, path: '/graphql', agent: 'a client' });
    for (const name of ['course.loaded', 'course.queried']) {
      for (const id of ['a', 'b']) {
        expect(events).toContainEqual(expect.objectContaining({ name, data: { id }, context: inCourse(id) }));
      }
    }
    const resolved = events.filter(({ name }) => name === 'size.resolved');
    expect(resolved).toHaveLength(2);
    for (const { context } of resolved) {
      expect(context).toMatchObject({ area: 'graphql', path: '/graphql' });
      expect(context).not.toHaveProperty('course_id');
    }
    expect(events.at(-1)).toMatchObject({ name: 'course.removed', data: { why: 'Error: a is in use' } });
    expect(events).toHaveLength(7);
  });
});
