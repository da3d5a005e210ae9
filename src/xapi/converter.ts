import { actorFrom, userOf, type XapiActorChoice } from './actor';
import type { EventCatalog } from '../catalog/catalog';
import { EventSource, fieldReader, type LearningEvent } from './learning-event';
import { guarded } from './guarded';
import { openEdxRows } from './open-edx-rows';
import { planDefinition } from './definition-plan';
import { planRow, type RowPlan } from './row-plan';
import { COURSE_ACTIVITY, OPENEDX } from './rows/iris';
import type { StatementDraft, StatementTools, XapiOverride, XapiRow, XapiStatements } from './row';
import type { Statement, XapiActivity, XapiActor, XapiContext, XapiVerb } from './statement';
import { eventStatementId, OpenEdxIds } from './statement-id';
import { rawTime, statementTime } from './times';
import type { XapiMapping } from './xapi-options';

/** What the application knows about users and courses. */
export interface XapiLookups {
  readonly actor: (event: LearningEvent, user: string) => XapiActorChoice | undefined;
  readonly courseName: (courseId: string) => string | undefined;
}

/** Makes the drafts of one event. */
type Plan = (source: EventSource, tools: StatementTools) => readonly StatementDraft[];

const TARGET = 'xAPI statement';
const TRANSFORMER_VERSION = `${OPENEDX}extension/transformer-version`;
const SESSION = `${OPENEDX}extensions/session-id`;
const sessionOf = fieldReader('session');
const courseOf = fieldReader('context.course_id');

/** Versions in statements, by the option. */
export const XAPI_VERSIONS = { '1.0.3': '1.0.3', '2.0': '2.0.0' } as const;

/** Makes the statements of events by a table of rows, which is compiled once. */
export class XapiConverter {
  private readonly rootUrl: string;
  private readonly version: string;
  private readonly transformer: string;
  private readonly plans = new Map<string, Plan>();
  private readonly ids = new OpenEdxIds();

  /** @param definitions events of the catalog, by name: their `xapi` replaces rows of Open edX */
  constructor(
    private readonly options: XapiMapping,
    private readonly lookups: XapiLookups,
    definitions: EventCatalog['events'] = new Map(),
  ) {
    this.rootUrl = String(options.rootUrl).replace(/\/+$/, '');
    this.version = XAPI_VERSIONS[options.version ?? '1.0.3'];
    this.transformer = options.transformer ?? 'nestjs-event-tracking';
    this.addRows(options.openEdx === false ? {} : openEdxRows);
    for (const [name, { xapi }] of definitions) {
      if (xapi !== undefined) this.plans.set(name, planned(planDefinition(xapi, this.rootUrl)));
    }
    this.addRows(options.rows ?? {});
  }

  /** True if there is a row for events of this name. */
  has(name: string): boolean {
    return this.plans.has(name);
  }

  /** The user and the course of an event with a row; undefined for an event without a row. */
  subjectsOf(event: LearningEvent): { readonly user: string; readonly courseIds: readonly string[] } | undefined {
    const source = new EventSource(event, TARGET);
    if (!this.has(source.name)) return undefined;
    const courseId = courseIdOf(source);
    return { user: userOf(source), courseIds: courseId === undefined ? [] : [courseId] };
  }

  /**
   * Returns the statements of an event; none for an event without a row.
   * @throws LearningMappingException if the event lacks what its row needs
   */
  statements(event: LearningEvent): Statement[] {
    const source = new EventSource(event, TARGET);
    const plan = this.plans.get(source.name);
    if (plan === undefined) return [];
    const time = rawTime(event);
    const timestamp = time === undefined ? undefined : statementTime(time);
    if (time !== undefined && timestamp === undefined) throw source.error('its time is not a time with a zone');
    const actor = this.actorOf(source);
    const statementId = (verb: XapiVerb, key?: string): string =>
      this.options.ids === 'event'
        ? eventStatementId(source, key)
        : this.ids.of({ actor, verb: this.changed(source, 'verb', verb), rawTime: time, key });
    const tools = { actor, context: this.contextOf(source), rootUrl: this.rootUrl, statementId };
    return plan(source, tools).map((draft) => this.statementOf(draft, source, tools, timestamp));
  }

  private addRows(rows: NonNullable<XapiMapping['rows']>): void {
    for (const [name, row] of Object.entries(rows)) this.plans.set(name, this.planOf(row));
  }

  private planOf(row: XapiRow | XapiStatements): Plan {
    if (typeof row === 'function') return (source, tools) => drafted(row, source, tools);
    return planned(planRow(row, { rootUrl: this.rootUrl, courseName: this.lookups.courseName }));
  }

  private statementOf(
    { key, ...draft }: StatementDraft,
    source: EventSource,
    { actor, statementId }: StatementTools,
    timestamp: string | undefined,
  ): Statement {
    const result = this.changed(source, 'result', draft.result);
    const context = this.changed(source, 'context', draft.context ?? {});
    return {
      id: statementId(draft.verb, key),
      actor,
      verb: this.changed(source, 'verb', draft.verb),
      object: this.changed(source, 'object', draft.object),
      ...(result !== undefined && { result }),
      context,
      ...(timestamp !== undefined && { timestamp }),
      version: this.version,
    };
  }

  private actorOf(source: EventSource): XapiActor {
    const user = userOf(source);
    const choice = guarded(source, 'actor()', () => this.lookups.actor(source.event, user));
    return this.changed(source, 'actor', actorFrom(choice, this.rootUrl, source));
  }

  private contextOf(source: EventSource): XapiContext {
    const session = sessionOf(source);
    const courseId = courseIdOf(source);
    return {
      ...(courseId !== undefined && { contextActivities: { parent: [this.course(courseId)] } }),
      extensions: { [TRANSFORMER_VERSION]: this.transformer, ...(session !== undefined && { [SESSION]: session }) },
    };
  }

  private course(courseId: string): XapiActivity {
    const name = this.lookups.courseName(courseId);
    return {
      id: `${this.rootUrl}/course/${courseId}`,
      objectType: 'Activity',
      definition: { ...(name !== undefined && { name: { 'en-US': name } }), type: COURSE_ACTIVITY },
    };
  }

  /** Applies the override for all names, and then the one for the name of the event. */
  private changed<Part extends keyof XapiOverride>(source: EventSource, part: Part, value: Parts[Part]): Parts[Part] {
    const { override } = this.options;
    if (override === undefined) return value;
    let next = value;
    for (const name of ['*', source.name]) {
      const change = override[name]?.[part] as ((value: Parts[Part], event: LearningEvent) => Parts[Part]) | undefined;
      if (change !== undefined) next = guarded(source, `override.${part}()`, () => change(next, source.event));
    }
    return next;
  }
}

/** Types of the parts that an override changes. */
interface Parts {
  actor: XapiActor;
  verb: XapiVerb;
  object: XapiActivity;
  result: Statement['result'];
  context: XapiContext;
}

function planned(plan: RowPlan): Plan {
  return (source, { context }) => [plan(source, context)];
}

function courseIdOf(source: EventSource): string | undefined {
  const courseId = courseOf(source);
  return typeof courseId === 'string' ? courseId : undefined;
}

function drafted(row: XapiStatements, source: EventSource, tools: StatementTools): readonly StatementDraft[] {
  return guarded(source, 'its row', () => row(source.event, tools));
}
