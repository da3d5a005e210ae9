import {
  applyDecorators,
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  SetMetadata,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiOperation, ApiResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { interval, map, of, take, throwError, type Observable } from 'rxjs';
import { TrackEvent } from 'nestjs-event-tracking';
import { platforms, TestCase } from '../support/test-case';

const Roles = (...roles: string[]): MethodDecorator => SetMetadata('roles', roles);

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.get<string[] | undefined>('roles', context.getHandler());
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    return roles === undefined || roles.includes(headers['x-role'] ?? '');
  }
}

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

class TeapotFailure extends Error {}

@Catch(TeapotFailure)
class TeapotFilter implements ExceptionFilter {
  catch(_failure: TeapotFailure, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response.status(418).send({ teapot: true });
  }
}

class UpperCasePipe implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

class RefusePipe implements PipeTransform {
  transform(): never {
    throw new BadRequestException('refused');
  }
}

type Stack = (ours: MethodDecorator, ...others: MethodDecorator[]) => MethodDecorator;

/** `applyDecorators` applies from the left: what stands below in a source file comes first. */
const above: Stack = (ours, ...others) => applyDecorators(...others, ours);
const below: Stack = (ours, ...others) => applyDecorators(ours, ...others);
const between: Stack = (ours, ...others) =>
  applyDecorators(...others.slice(0, others.length >> 1), ours, ...others.slice(others.length >> 1));

const places: readonly (readonly [name: string, stack: Stack])[] = [
  ['above', above],
  ['below', below],
  ['between', between],
];

/** A new class for each test: a decorated one cannot be undecorated. */
function controllerOf(stack: Stack) {
  @Controller('courses')
  class CoursesController {
    @stack(
      TrackEvent('guarded', { data: ({ args, result }) => ({ args, result }) }),
      Get('guarded'),
      Roles('staff'),
      UseGuards(RolesGuard),
    )
    guarded(): string {
      return 'secret';
    }

    @stack(
      TrackEvent('piped', { data: ({ args, result }) => ({ args, result }) }),
      Post(':id'),
      HttpCode(202),
      Header('x-own', 'yes'),
      UsePipes(UpperCasePipe),
    )
    piped(@Param('id', ParseIntPipe) id: number, @Query('text') text: string, @Body() body: object): object {
      return { id, type: typeof id, text, body };
    }

    @stack(TrackEvent('refused', { on: 'settled' }), Get('refused'), UsePipes(RefusePipe))
    refused(@Query('text') text: string): string {
      return text;
    }

    @stack(
      TrackEvent('intercepted', ({ result }) => ({ result })),
      Get('intercepted'),
      UseInterceptors(WrapInterceptor),
    )
    async intercepted(): Promise<string> {
      return Promise.resolve('value');
    }

    @stack(
      TrackEvent('failed', {
        on: 'error',
        data: ({ error }) => ({ status: (error as NotFoundException).getStatus() }),
      }),
      Get('missing'),
      ApiResponse({ status: 404 }),
    )
    missing(): never {
      throw new NotFoundException();
    }

    @stack(TrackEvent('teapot', { on: 'error' }), Get('teapot'), UseFilters(TeapotFilter))
    async teapot(): Promise<never> {
      return Promise.reject(new TeapotFailure());
    }

    @stack(TrackEvent('observed', ({ result, count }) => ({ result, count })), Get('observed'))
    observed(): Observable<string> {
      return of('first', 'last');
    }

    @stack(TrackEvent('observed failure', { on: 'error' }), Get('observed-failure'))
    observedFailure(): Observable<string> {
      return throwError(() => new NotFoundException());
    }

    @stack(TrackEvent('streamed', ({ count }) => ({ count })), Sse('events'))
    events(): Observable<{ data: object }> {
      return interval(1).pipe(
        take(3),
        map((count) => ({ data: { count } })),
      );
    }

    @stack(TrackEvent('file'), Get('file'))
    file(): StreamableFile {
      return new StreamableFile(Buffer.from('content'), { type: 'text/plain' });
    }

    @stack(
      TrackEvent('documented'),
      Get('documented/:id'),
      ApiOperation({ summary: 'What it does', operationId: 'document' }),
      ApiResponse({ status: 200, description: 'Done' }),
    )
    documented(@Param('id') id: string): string {
      return id;
    }
  }
  return CoursesController;
}

describe.each(places)('@TrackEvent %s other decorators', (_place, stack) => {
  describe.each(platforms)('on %s', (_platform, adapter) => {
    const course = (): TestCase => TestCase.of({ controllers: [controllerOf(stack)] }).on(adapter);

    it('leaves a refusal of a guard a refusal, and tracks only who may enter', async () => {
      const run = await course().start();
      expect(await run.get('/courses/guarded')).toMatchObject({ status: 403 });
      expect(run.events()).toEqual([]);
      expect(await run.get('/courses/guarded', { headers: { 'x-role': 'staff' } })).toEqual({
        status: 200,
        body: 'secret',
      });
      expect(run.events()).toEqual([
        expect.objectContaining({ name: 'guarded', data: { args: [], result: 'secret' } }),
      ]);
    });

    it('leaves pipes, types of parameters, status and headers as they are', async () => {
      const run = await course().start();
      const answer = { id: 7, type: 'number', text: 'ABC', body: { a: 1 } };
      const response = await fetch(await run.url('/courses/7?text=abc'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      });
      expect(await response.json()).toEqual(answer);
      expect([response.status, response.headers.get('x-own')]).toEqual([202, 'yes']);
      expect(run.events()).toEqual([
        expect.objectContaining({ name: 'piped', data: { args: [7, 'ABC', { a: 1 }], result: answer } }),
      ]);
      expect((await run.post('/courses/seven', {})).status).toBe(400);
      expect((await run.get('/courses/refused?text=a')).status).toBe(400);
      expect(run.events()).toHaveLength(1);
    });

    it('leaves the answer to interceptors, and tracks what the handler gave', async () => {
      const run = await course().start();
      expect((await run.get('/courses/intercepted')).body).toEqual({ wrapped: 'value' });
      expect(run.events()).toEqual([expect.objectContaining({ name: 'intercepted', data: { result: 'value' } })]);
    });

    it('leaves failures to the filters, and tracks them', async () => {
      const run = await course().start();
      expect((await run.get('/courses/missing')).status).toBe(404);
      expect(await run.get('/courses/teapot')).toEqual({ status: 418, body: { teapot: true } });
      expect((await run.get('/courses/observed-failure')).status).toBe(404);
      expect(run.events().map(({ name, data }) => [name, data])).toEqual([
        ['failed', { status: 404 }],
        ['teapot', {}],
        ['observed failure', {}],
      ]);
    });

    it('tracks streams when they end, and a file when it is given', async () => {
      const run = await course().start();
      expect((await run.get('/courses/observed')).body).toBe('last');
      expect((await run.get('/courses/events')).body).toContain('data: {"count":2}');
      expect((await run.get('/courses/file')).body).toBe('content');
      expect(run.events().map(({ name, data }) => [name, data])).toEqual([
        ['observed', { result: 'last', count: 2 }],
        ['streamed', { count: 3 }],
        ['file', {}],
      ]);
    });

    it('carries the context of the request', async () => {
      const run = await course().as({ userId: 7 }).start();
      await run.get('/courses/observed');
      expect(run.events()[0]?.context).toMatchObject({ user_id: 7, path: '/courses/observed', method: 'GET' });
    });
  });

  it('leaves its documentation in place', async () => {
    const run = await TestCase.of({ controllers: [controllerOf(stack)] }).start();
    const document = SwaggerModule.createDocument(run.app, new DocumentBuilder().build());
    expect(document.paths['/courses/documented/{id}']?.get).toMatchObject({
      operationId: 'document',
      summary: 'What it does',
      responses: { 200: { description: 'Done' } },
      parameters: [expect.objectContaining({ name: 'id', in: 'path' })],
    });
    expect(document.paths['/courses/{id}']?.post?.parameters).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'id', schema: { type: 'number' } })]),
    );
  });

  it('keeps the name and the length of the method, and what others have put on it', () => {
    const { prototype } = controllerOf(stack);
    expect([prototype.piped.name, prototype.piped.length]).toEqual(['piped', 3]);
    const Marked: MethodDecorator = (_target, _key, descriptor) => {
      Object.assign(descriptor.value as object, { mark: 'set' });
    };
    class Service {
      @stack(TrackEvent('done'), Marked, Roles('staff'))
      call(): void {}
    }
    expect(Service.prototype.call).toHaveProperty('mark', 'set');
    expect(Reflect.getMetadata('roles', Service.prototype.call)).toEqual(['staff']);
  });
});
