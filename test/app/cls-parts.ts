import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get, Param, type DynamicModule } from '@nestjs/common';
import { ClsModule, ClsServiceManager } from 'nestjs-cls';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingContext,
  type RequestContextOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';

export const cls = ClsServiceManager.getClsService();
export const SESSION = Symbol('session');

export const tracking = (requestContext?: RequestContextOptions): TrackingModuleOptions => ({
  backends: { sink: backend(MemoryBackend) },
  requestContext,
});

@Controller()
export class WorkController {
  constructor(private readonly tracker: TrackerService) {}

  @Get('work/:id')
  async work(@Param('id') id: string): Promise<void> {
    cls.set('service', id);
    await this.inScopes(id);
    await turn();
    this.tracker.emit('worked');
  }

  @TrackingContext(({ args: [id] }) => ({ work_id: id as string }))
  private async inScopes(id: string): Promise<void> {
    await turn();
    await this.tracker.context({ step: 1 }, async () => {
      await turn();
      cls.set('in.scope', id);
      cls.set(SESSION, `session of ${id}`);
      this.tracker.emit('working');
    });
  }

  /** What any code sees that asks for it. */
  @Get('peek')
  peek(): object {
    return this.tracker.currentContext();
  }

  @Get('nested/:id')
  async nested(@Param('id') id: string): Promise<object> {
    return cls.run(async () => {
      cls.set('service', id);
      await turn();
      return cls.run({ ifNested: 'override' }, async () => {
        await turn();
        return cls.exit(() => this.tracker.context({ step: 1 }, () => this.tracker.currentContext()));
      });
    });
  }
}

export const ownMiddleware = (options: object = {}): DynamicModule =>
  ClsModule.forRoot({ global: true, middleware: { mount: true, ...options } });
