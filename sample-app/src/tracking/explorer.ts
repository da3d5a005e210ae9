import { TrackingExplorerModule } from 'nestjs-event-tracking/explorer';
import { StaffGuard } from '../users/staff.guard';

const isProduction = process.env.NODE_ENV === 'production';

/**
 * The page at /tracking that shows and repairs events. Without guards it answers only requests from
 * this machine, which is allowed in development. In production it needs guards, and redriving and
 * purging dead letters are off unless `actions` allows them.
 */
export const explorer = TrackingExplorerModule.forRoot({
  path: 'tracking',
  guards: isProduction ? [StaffGuard] : [],
  actions: { redrive: true, purge: true },
});
