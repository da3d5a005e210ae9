import { BadRequestException, Controller, Get, Query } from '@nestjs/common';
import {
  InjectBackend,
  MemoryBackend,
  TrackingCatalog,
  TrackingLedger,
  TrackingViolations,
  type IdentifiedEvent,
} from 'nestjs-event-tracking';
import type { CatalogCoverage, ViolationCount } from 'nestjs-event-tracking/catalog';
import { ReadPipe } from '../input/read';

/**
 * Routes that show events and counters as JSON. Protect such routes with a guard in your
 * application, because events contain personal data.
 */
@Controller()
export class EventsController {
  constructor(
    @InjectBackend('recent') private readonly recent: MemoryBackend,
    @InjectBackend('grading/recent') private readonly grading: MemoryBackend,
    @InjectBackend('reports/recent') private readonly reports: MemoryBackend,
    private readonly ledger: TrackingLedger,
    private readonly violations: TrackingViolations,
    private readonly catalog: TrackingCatalog,
  ) {}

  /** Lists the last events, newest last. */
  @Get('events')
  events(@Query('name', new ReadPipe(readName)) name?: string): IdentifiedEvent[] {
    return this.recent.events(name);
  }

  @Get('events/grading')
  gradingEvents(@Query('name', new ReadPipe(readName)) name?: string): IdentifiedEvent[] {
    return this.grading.events(name);
  }

  /** Lists the last events behind the queue of the reports. Empty if workers process the queue. */
  @Get('events/reports')
  reportedEvents(@Query('name', new ReadPipe(readName)) name?: string): IdentifiedEvent[] {
    return this.reports.events(name);
  }

  /** Returns the counters of every node: received, passed, and dropped by reason. */
  @Get('ledger')
  counters(): object {
    return { tracker: this.ledger.tracker(), nodes: this.ledger.nodes() };
  }

  /** Lists violations of the catalog, with the line that emits each event. */
  @Get('violations')
  catalogViolations(): ViolationCount[] {
    return this.violations.list();
  }

  /**
   * Lists events that are documented but not emitted, and events that are emitted but not
   * documented.
   */
  @Get('coverage')
  coverage(): CatalogCoverage {
    return this.catalog.coverage();
  }
}

function readName(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new BadRequestException(
    'The parameter name appears more than once. Send it once, or omit it to list all events.',
  );
}
