/**
 * The OpenAPI document of the explorer's routes. The shapes are those of api/; a test compares
 * them with what the routes return.
 */

type Schema = Readonly<Record<string, unknown>>;

const string: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const integer: Schema = { type: 'integer' };
const boolean: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', description: 'ISO 8601' };
const anything: Schema = {};
const counts: Schema = { type: 'object', additionalProperties: integer };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object whose fields are required, but for those whose name ends with `?`. */
function object(fields: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace('?', ''), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const PROCESS = object({ id: string, host: string, pid: integer, node: string, startedAt: time });

const ROW = {
  ...{ seq: integer, id: string, process: string, tracker: string, name: string, time, 'actor?': string },
  ...{ bytes: integer, outcomes: listOf(ref('Outcome')), violations: integer },
};

const SCHEMAS: Readonly<Record<string, Schema>> = {
  ApiError: object({ statusCode: integer, message: string, fix: string }),
  ExplorerInfo: object({
    ...{ version: string, trackers: listOf(ref('TrackerInfo')), process: PROCESS, processes: listOf(PROCESS) },
    ...{ actions: object({ redrive: boolean, purge: boolean }), actionHeader: string, isDevelopment: boolean },
    capacity: object({ maxEvents: integer, maxBytes: integer }),
  }),
  TrackerInfo: object({ name: string, destinations: listOf(string) }),
  Outcome: object({
    path: string,
    state: { enum: ['queued', 'retrying', 'delivered', 'stored', 'filtered', 'dropped', 'dead'] },
    'reason?': string,
  }),
  EventRow: object(ROW),
  EventPage: object({
    ...{ rows: listOf(ref('EventRow')), hasOlder: boolean, kept: integer, evicted: integer, skipped: integer },
    'filterError?': ref('FilterError'),
  }),
  FilterError: object({ message: string, fix: string, start: integer, length: integer }),
  EventLink: object({ id: string, name: string }),
  EventJson: object({
    ...{ id: string, name: string, timestamp: anything },
    ...{ context: { type: 'object' }, data: { type: 'object' } },
  }),
  StepTrace: object({
    ...{
      path: string,
      'processor?': string,
      result: { enum: ['unchanged', 'changed', 'filtered', 'dropped', 'failed'] },
    },
    ...{ 'reason?': string, tookUs: number },
    'changes?': listOf(
      object({
        path: string,
        kind: { enum: ['added', 'removed', 'changed'] },
        'before?': anything,
        'after?': anything,
      }),
    ),
  }),
  EventDetail: object({
    ...ROW,
    event: ref('EventJson'),
    received: listOf(object({ path: string, event: ref('EventJson') })),
    steps: listOf(ref('StepTrace')),
    context: listOf(
      object({ key: string, from: { enum: ['request', 'scope', 'process', 'processor'] }, detail: string }),
    ),
    attempts: listOf(
      object({
        ...{ path: string, at: time, tookMs: number, batch: integer, 'status?': integer, 'error?': string },
        result: { enum: ['delivered', 'rejected', 'failed', 'timeout'] },
      }),
    ),
    ...{ 'location?': string, 'documentation?': ref('EventDocumentation') },
    violationList: listOf(ref('ViolationRow')),
    ...{ 'parent?': ref('EventLink'), children: listOf(ref('EventLink')), isCut: boolean },
  }),
  DeliveryState: object({
    ...{ accepted: integer, delivered: integer, pending: integer, dropped: counts, deadLetters: integer },
    ...{ attempts: integer, failedAttempts: integer, breaker: { enum: ['closed', 'open', 'probing'] } },
    'breakerReason?': { enum: ['failing', 'refusing', 'retry-after'] },
    ...{ isOnDisk: boolean, diskBytes: integer, isDiskFailing: boolean },
    'lastError?': object({ text: string, at: time }),
    'latencyMs?': object({ p50: number, p99: number }),
  }),
  TreeNode: object({
    ...{ path: string, name: string, 'parent?': string, kind: string, processors: listOf(string) },
    ...{ received: integer, passed: integer, dropped: counts, lost: integer, failures: counts },
    'delivery?': ref('DeliveryState'),
    rates: object({ received: listOf(number), ended: listOf(number) }),
  }),
  TreeState: object({ nodes: listOf(ref('TreeNode')), times: listOf(time) }),
  ViolationRow: object({
    ...{ event: string, path: string, kind: string, message: string, location: string, mode: string },
    ...{ count: integer, firstAt: time, lastAt: time, 'example?': anything },
    'suggestion?': object({ text: string, schema: anything }),
  }),
  DeadLetterGroups: object({
    groups: listOf(
      object({
        ...{ path: string, reason: string, count: integer, redrivable: integer },
        ...{ 'oldestAt?': time, 'newestAt?': time },
      }),
    ),
    total: integer,
  }),
  DeadLetterPage: object({ letters: listOf(ref('DeadLetterRow')), total: integer }),
  DeadLetterRow: object({
    ...{ id: string, path: string, reason: string, at: time, attempts: integer },
    ...{ canRedrive: boolean, event: ref('EventJson') },
  }),
  DeadLetterAction: object({
    ...{ 'path?': string, 'reason?': string, 'id?': string, 'all?': boolean, 'dryRun?': boolean },
  }),
  DeadLetterPlan: object({
    count: integer,
    destinations: listOf(object({ path: string, count: integer, note: string })),
  }),
  JobState: object({
    ...{ id: string, action: { enum: ['redrive', 'purge'] }, 'path?': string, done: integer, of: integer },
    ...{ state: { enum: ['running', 'done', 'failed'] }, 'error?': string },
  }),
  SeenName: object({ name: string, count: integer, firstAt: time, lastAt: time }),
  EventDocumentation: object({
    ...{ name: string, 'version?': anything, 'description?': string, 'when?': string, 'owner?': string },
    ...{ 'source?': string, isDeprecated: boolean, 'example?': anything, 'seen?': ref('SeenName') },
    fields: listOf(
      object({ path: string, type: string, isRequired: boolean, isPersonal: boolean, 'description?': string }),
    ),
  }),
  CatalogState: object({ events: listOf(ref('EventDocumentation')), undocumented: listOf(ref('SeenName')) }),
  QueueState: object({
    ...{ kind: { enum: ['bull', 'redis-streams', 'kafka', 'outbox', 'memory', 'custom'] }, path: string },
    ...{ role: { enum: ['queue', 'consumer'] }, names: listOf(string), 'waiting?': integer, 'active?': integer },
    ...{ 'delayed?': integer, 'failed?': integer, 'depth?': integer, 'lag?': integer, 'workers?': integer },
    ...{ 'oldestAt?': time, 'lookedAt?': time, counts, 'parts?': listOf(ref('QueuePartState')) },
    'error?': object({ message: string, fix: string }),
  }),
  QueuePartState: object({ name: string, 'depth?': integer, 'lag?': integer }),
  WaitAnswer: object({ 'event?': ref('EventRow'), timedOut: boolean }),
};

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Schema;
}

const query = (name: string, description: string, schema: Schema = string): Parameter => ({
  ...{ name, in: 'query', description, schema },
});
const TRACKER = query('tracker', 'Name of the tracker; the first one if it is left out.');
const FILTER = query('filter', 'Such as `name:edx.course.* user:7 data.mode=audit destination:lrs=dead`.');
const ID: Parameter = { name: 'id', in: 'path', required: true, description: 'Id.', schema: string };
const ACTION: Parameter = {
  ...{ name: 'x-tracking-explorer', in: 'header', required: true },
  ...{ description: 'Always 1. It proves that no other site sent the request.', schema: { const: '1' } },
};

function answer(description: string, schema: Schema): object {
  return { description, content: { 'application/json': { schema } } };
}

function operation(
  summary: string,
  schema: Schema,
  parameters: readonly Parameter[] = [TRACKER],
  status = '200',
): object {
  return {
    ...{ summary, parameters },
    responses: { [status]: answer(summary, schema), default: answer('An error', ref('ApiError')) },
  };
}

function action(summary: string): object {
  const schema = { anyOf: [ref('JobState'), ref('DeadLetterPlan')] };
  return {
    ...operation(
      `${summary} The action goes on in the background; a dry run only tells.`,
      schema,
      [TRACKER, ACTION],
      '2XX',
    ),
    requestBody: { required: true, content: { 'application/json': { schema: ref('DeadLetterAction') } } },
  };
}

const PATHS = {
  '/api/info': { get: operation('What the page needs once.', ref('ExplorerInfo'), []) },
  '/api/events': {
    get: operation('The remembered events, newest first.', ref('EventPage'), [
      ...[TRACKER, FILTER, query('limit', 'At most 500.  @default 100', integer)],
      query('before', 'Id of the last event of the page before.'),
    ]),
  },
  '/api/events/{id}': { get: operation('One event, with all that happened to it.', ref('EventDetail'), [TRACKER, ID]) },
  '/api/stream': {
    get: {
      summary: 'New events as text/event-stream: `hello`, `rows`, `outcomes`, `rate`.',
      parameters: [TRACKER, FILTER],
      responses: { '200': { description: 'The stream', content: { 'text/event-stream': { schema: string } } } },
    },
  },
  '/api/wait': {
    get: operation('Waits for an event, for end-to-end tests. Remembered events count.', ref('WaitAnswer'), [
      ...[TRACKER, FILTER, query('name', 'Name of the event, with `*` as a wildcard.')],
      query('timeoutMs', 'At most 60,000.  @default 10,000', integer),
    ]),
  },
  '/api/tree': { get: operation('The tree with its counters and rates.', ref('TreeState')) },
  '/api/violations': { get: operation('Violations of the catalog, most frequent first.', listOf(ref('ViolationRow'))) },
  '/api/catalog': { get: operation('The documented events.', ref('CatalogState')) },
  '/api/queues': { get: operation('Queues and consumers.', listOf(ref('QueueState'))) },
  '/api/dead-letters': { get: operation('Dead letters by destination and reason.', ref('DeadLetterGroups')) },
  '/api/dead-letters/list': {
    get: operation('Dead letters of a group, newest first.', ref('DeadLetterPage'), [
      ...[TRACKER, query('path', 'Destination.'), query('reason', 'Reason.'), query('id', 'Id of the event.')],
      query('limit', 'At most 200.  @default 50', integer),
      query('before', 'Id of the last letter of the page before; give the path, too.'),
    ]),
  },
  '/api/dead-letters/redrive': { post: action('Sends dead letters again.') },
  '/api/dead-letters/purge': { post: action('Removes dead letters.') },
  '/api/jobs': { get: operation('Actions that run, or ended in the last minute.', listOf(ref('JobState')), []) },
  '/api/jobs/{id}': { get: operation('How far an action is.', ref('JobState'), [ID]) },
};

/** The OpenAPI document of the routes below the explorer's path. */
export function openApiDocument(version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Event tracking explorer', version: version === '' ? '0' : version },
    servers: [{ url: '..' }],
    paths: PATHS,
    components: { schemas: SCHEMAS },
  };
}
