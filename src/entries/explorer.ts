/** `nestjs-event-tracking/explorer`: the page that shows events and repairs what failed. */
export { TrackingExplorerModule } from '../explorer/explorer.module';
export type {
  ExplorerActions,
  ExplorerModuleAsyncOptions,
  ExplorerModuleOptions,
  ExplorerOptions,
} from '../explorer/explorer-options';
export type { ChannelHost, ChannelLink, ChannelProblem, ExplorerChannel } from '../explorer/shared/explorer-channel';
export { redisChannel, type RedisChannelOptions } from '../explorer/shared/redis-channel';
