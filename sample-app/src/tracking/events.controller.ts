import { BadRequestException, Controller, Get, Query } from '@nestjs/common';
import {
  InjectBackend,
  MemoryBackend,
  TrackingCatalog,
  TrackingLedger,
  TrackingViolations,
  type CatalogCoverage,
  type StoredEvent,
  type ViolationCount,
} from 'nestjs-event-tracking';
import { ReadPipe } from '../input/read';

/** What a developer looks at. In production these would be behind a guard: events hold what users did. */
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

  /** The last events, newest last. */
  @Get('events')
  events(@Query('name', new ReadPipe(readName)) name?: string): StoredEvent[] {
    return this.recent.events(name);
  }

  @Get('events/grading')
  gradingEvents(@Query('name', new ReadPipe(readName)) name?: string): StoredEvent[] {
    return this.grading.events(name);
  }

  /** What has come through the queue of the reports; where workers do that, they have it. */
  @Get('events/reports')
  reportedEvents(@Query('name', new ReadPipe(readName)) name?: string): StoredEvent[] {
    return this.reports.events(name);
  }

  /** For every node: what came in, what went on, what was dropped and why. The sums always agree. */
  @Get('ledger')
  books(): object {
    return { tracker: this.ledger.tracker(), nodes: this.ledger.nodes() };
  }

  /** Events that did not keep to the catalog, with where they are emitted. */
  @Get('violations')
  drifted(): ViolationCount[] {
    return this.violations.list();
  }

  /** Which of the documented events were emitted, and which emitted ones are in no document. */
  @Get('coverage')
  coverage(): CatalogCoverage {
    return this.catalog.coverage();
  }
}

function readName(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new BadRequestException('name is given more than once; ask for one name, or for none to see all');
}
