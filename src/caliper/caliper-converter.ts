import { createHash } from 'node:crypto';
import { guarded } from '../xapi/guarded';
import { EventSource, fieldReader, type LearningEvent } from '../xapi/learning-event';
import { epochMs, rawTime } from '../xapi/times';
import { userOf } from '../xapi/actor';
import { isUuid, URL_NAMESPACE, uuid5, uuidBytes } from '../xapi/uuid5';
import { CALIPER_CONTEXT, type CaliperEntity, type CaliperEvent } from './caliper-event';
import type { CaliperMapping } from './caliper-options';
import { planCaliperRow } from './caliper-plan';
import type { CaliperDraft, CaliperDrafting, CaliperRow, CaliperTools } from './caliper-row';
import { openEdxCaliperRows } from './open-edx-caliper-rows';

/** What the application knows about users and courses. */
export interface CaliperLookups {
  readonly actor: (event: LearningEvent, user: string) => string | undefined;
  readonly courseName: (courseId: string) => string | undefined;
}

type Plan = (source: EventSource, tools: CaliperTools) => CaliperDraft;

const TARGET = 'Caliper event';
const sessionOf = fieldReader('session');
const courseOf = fieldReader('context.course_id');
const urlNamespace = uuidBytes(URL_NAMESPACE);

/** Makes the Caliper events of events by a table of rows, which is compiled once. */
export class CaliperConverter {
  private readonly rootUrl: string;
  private readonly transformer: string;
  private readonly plans = new Map<string, Plan>();

  constructor(
    private readonly options: CaliperMapping,
    private readonly lookups: CaliperLookups,
  ) {
    this.rootUrl = String(options.rootUrl).replace(/\/+$/, '');
    this.transformer = options.transformer ?? 'nestjs-event-tracking';
    const table = options.openEdx === false ? {} : openEdxCaliperRows;
    for (const [name, row] of Object.entries({ ...table, ...options.rows })) this.plans.set(name, this.planOf(row));
  }

  /** True if there is a row for events of this name. */
  has(name: string): boolean {
    return this.plans.has(name);
  }

  /** The user and the courses of an event with a row; undefined for an event without a row. */
  subjectsOf(event: LearningEvent): { readonly user: string; readonly courseIds: readonly string[] } | undefined {
    const source = new EventSource(event, TARGET);
    if (!this.has(source.name)) return undefined;
    const courseIds = [courseOf(source), dataCourseOf(source)].filter((id) => typeof id === 'string');
    return { user: userOf(source), courseIds };
  }

  /**
   * Returns the Caliper events of an event: one, or none for an event without a row.
   * @throws LearningMappingException if the event lacks what its row needs
   */
  events(event: LearningEvent): CaliperEvent[] {
    const source = new EventSource(event, TARGET);
    const plan = this.plans.get(source.name);
    if (plan === undefined) return [];
    const time = rawTime(event);
    const at = time === undefined ? Number.NaN : epochMs(time);
    if (Number.isNaN(at)) throw source.error('its time is not a time with a zone');
    const tools = { actor: this.actorOf(source), partOf: this.partOf(source), rootUrl: this.rootUrl };
    const { extensions, ...draft } = plan(source, tools);
    const session = sessionOf(source);
    const made: CaliperEvent = {
      '@context': CALIPER_CONTEXT,
      id: `urn:uuid:${idOf(event)}`,
      ...draft,
      actor: tools.actor,
      eventTime: new Date(at).toISOString(),
      ...(typeof session === 'string' && { session: { id: `${this.rootUrl}/sessions/${session}`, type: 'Session' } }),
      extensions: { ...extensions, transformerVersion: this.transformer },
    };
    return [this.changed(source, made)];
  }

  private planOf(row: CaliperRow | CaliperDrafting): Plan {
    if (typeof row === 'function') {
      return (source, tools) => guarded(source, 'its row', () => row(source.event, tools));
    }
    const plan = planCaliperRow(row, { rootUrl: this.rootUrl, courseName: this.lookups.courseName });
    return (source, { partOf }) => plan(source, partOf);
  }

  private actorOf(source: EventSource): CaliperEntity {
    const user = userOf(source);
    const id = guarded(source, 'actor()', () => this.lookups.actor(source.event, user));
    if (typeof id !== 'string' || id === '') throw source.error('actor() returned no actor for its user');
    return { id: /^[a-z][a-z0-9+.-]*:/i.test(id) ? id : `${this.rootUrl}/user/${id}`, type: 'Person' };
  }

  private partOf(source: EventSource): Readonly<Record<string, unknown>> {
    const courseId = courseOf(source);
    if (typeof courseId !== 'string') return {};
    return { isPartOf: { id: `${this.rootUrl}/course/${courseId}`, type: 'CourseOffering' } };
  }

  /** Applies the override for all names, and then the one for the name of the event. */
  private changed(source: EventSource, made: CaliperEvent): CaliperEvent {
    const { override = {} } = this.options;
    let next = made;
    for (const name of ['*', source.name]) {
      const change = override[name];
      if (change !== undefined) next = guarded(source, 'override()', () => change(next, source.event));
    }
    return next;
  }
}

const dataCourseOf = fieldReader('data.course_id');

/** The id of the event, or one made of its content, so that a replay gets the same id. */
function idOf(event: LearningEvent): string {
  const { id } = event;
  if (isUuid(id)) return id.toLowerCase();
  if (typeof id === 'string' && id !== '') return uuid5(urlNamespace, id);
  return uuid5(urlNamespace, createHash('sha256').update(JSON.stringify(event)).digest('hex'));
}
