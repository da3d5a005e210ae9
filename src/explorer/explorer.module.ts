import { resolve } from 'node:path';
import {
  Controller,
  Inject,
  Module,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type DynamicModule,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ConfigError } from '../common/tracking-config.exception';
import { Assets } from './assets';
import { Explorer } from './explorer';
import { DeadLettersController } from './dead-letters.controller';
import { ExplorerApiController } from './explorer-api.controller';
import { ExplorerPageController } from './explorer-page.controller';
import type { ExplorerRoutes } from './explorer-routes';
import type { ExplorerModuleAsyncOptions, ExplorerModuleOptions } from './explorer-options';
import { EXPLORER_SETTINGS, readSettings } from './explorer-settings';
import { LocalGuard } from './local-guard';
import { joinPageRoutes } from './trailing-slash';

/** Folder into which `npm run build` writes the files of the page: the same from src/ and dist/. */
const ASSETS = resolve(__dirname, '../../dist/explorer/assets');
const PAGE_ROUTES = Symbol('PAGE_ROUTES');

/**
 * Adds a page that shows every event live, why it went where it went, and repairs what failed. It
 * has routes of the application, so its global guards, prefix and adapter apply.
 */
@Module({})
export class TrackingExplorerModule implements NestModule {
  constructor(
    @Inject(PAGE_ROUTES) private readonly pageRoutes: object,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * @throws TrackingConfigException with all errors in the options, such as no guards outside
   *   development
   */
  static forRoot(options: ExplorerModuleOptions = {}): DynamicModule {
    const settings = readSettings(options, guardErrors(options));
    return explorerModule(options, { provide: EXPLORER_SETTINGS, useValue: settings });
  }

  /**
   * Creates the options at start from injected providers; the path and the guards are static.
   * @throws TrackingConfigException as `forRoot`; the start fails if it is about what the factory
   *   returned
   */
  static forRootAsync(options: ExplorerModuleAsyncOptions): DynamicModule {
    const { inject = [], useFactory, ...known } = options;
    readSettings(known, guardErrors(known));
    return explorerModule(known, {
      provide: EXPLORER_SETTINGS,
      inject: [...inject],
      useFactory: async (...args: unknown[]) => readSettings(await useFactory(...args)),
    });
  }

  /** Called by Nest when the adapter is known and before it reads the routes. */
  configure(): void {
    joinPageRoutes(this.pageRoutes as Type<ExplorerPageController>, this.host);
  }
}

function explorerModule(options: ExplorerModuleOptions, settings: Provider): DynamicModule {
  const { path = 'tracking', guards = [], imports = [] } = options;
  const at = <Routes extends ExplorerRoutes>(controller: Type<Routes>): Type<Routes> =>
    controllerAt(path, guards.length === 0 ? [LocalGuard] : guards, controller);
  const pageRoutes = at(ExplorerPageController);
  return {
    module: TrackingExplorerModule,
    imports,
    controllers: [pageRoutes, at(ExplorerApiController), at(DeadLettersController)],
    providers: [
      ...[settings, Explorer],
      { provide: PAGE_ROUTES, useValue: pageRoutes },
      { provide: Assets, useValue: new Assets(ASSETS) },
    ],
  };
}

/** Returns a subclass for each module, since the decorators change the class. */
function controllerAt<Base extends ExplorerRoutes>(
  path: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
  controller: Type<Base>,
): Type<Base> {
  class Routes extends (controller as Type<ExplorerRoutes>) {}
  Object.defineProperty(Routes, 'name', { value: controller.name });
  UseGuards(...guards)(Routes);
  Controller({ path, version: VERSION_NEUTRAL })(Routes);
  return Routes as unknown as Type<Base>;
}

function guardErrors({ guards = [] }: ExplorerModuleOptions): ConfigError[] {
  const environment = process.env['NODE_ENV'];
  if (guards.length > 0 || environment === 'development' || environment === 'test') return [];
  const shown = environment === undefined ? 'not set' : `"${environment}"`;
  return [
    {
      path: 'TrackingExplorerModule.guards',
      what: `there are none, and NODE_ENV is ${shown}, so everybody could see the events.`,
      fix: 'TrackingExplorerModule.forRoot({ guards: [AdminGuard] }), or NODE_ENV=development on your own machine',
    },
  ];
}
