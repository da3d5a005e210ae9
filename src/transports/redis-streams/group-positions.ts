import type { ConsumerHost } from '../../intake/event-consumer';
import type { ResolvedOptions } from './redis-streams-consumer-options';
import type { StreamGroup } from './stream-group';

/**
 * Compares the number of entries added to the stream with the number that the group has read. Redis
 * counts both, but ignores entries trimmed in between, so its lag stays too large permanently. The
 * script therefore corrects the number of read entries whenever the true lag is known: when either
 * all or none of the entries on the stream are unread. It runs inside Redis, so that only one
 * consumer of the group finds each gap.
 *
 * Redis 6 does not count: the script returns a lag of -1.
 */
const SCRIPT = `
local function fields(list)
  local map = {}
  for at = 1, #list, 2 do map[list[at]] = list[at + 1] end
  return map
end
local function isBefore(a, b)
  local ams, aseq = string.match(a, '(%d+)-(%d+)')
  local bms, bseq = string.match(b, '(%d+)-(%d+)')
  if #ams ~= #bms then return #ams < #bms end
  if ams ~= bms then return ams < bms end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end
local stream = fields(redis.call('XINFO', 'STREAM', KEYS[1]))
if not stream['entries-added'] then return {-1, 0} end
local group
for _, each in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local found = fields(each)
  if found['name'] == ARGV[1] then group = found end
end
if not group then return {-1, 0} end
local last = group['last-delivered-id']
local length = stream['length']
local first = stream['first-entry']
local unread
if length == 0 or not isBefore(last, stream['last-generated-id']) then unread = 0
elseif isBefore(last, first[1]) then unread = length end
if unread == nil then return {group['lag'] or -1, 0} end
local read = stream['entries-added'] - unread
if group['entries-read'] == read then return {unread, 0} end
redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], last, 'ENTRIESREAD', read)
if not group['entries-read'] then return {unread, 0} end
return {unread, math.max(0, read - group['entries-read'])}
`;

/** Position of a group in its stream. */
interface StreamPosition {
  /**
   * Number of entries not yet given to any consumer of the group; undefined if Redis does not know.
   */
  readonly lag: number | undefined;
  /**
   * Number of entries found just now that were removed from the stream before the group received
   * them.
   */
  readonly missed: number;
}

/**
 * Creates the group of each stream, moves it to its starting position, and measures its lag.
 *
 * States:
 * - New: before the first `prepare` has resolved. Groups are created and moved as `start` says.
 * - Placed: afterwards. `prepare` creates a lost group again, at the beginning of its stream, and
 *   reports the loss.
 */
export class GroupPositions {
  private isPlaced = false;
  private lastLag: number | undefined;

  constructor(
    private readonly group: Pick<StreamGroup, 'create' | 'move' | 'evaluate'>,
    private readonly keys: readonly string[],
    private readonly options: Pick<ResolvedOptions, 'group' | 'start'>,
    private readonly reports: Pick<ConsumerHost, 'missed' | 'restarted' | 'warn'>,
  ) {}

  /** Number of unread entries over all streams when last measured; undefined if unknown. */
  get lag(): number | undefined {
    return this.lastLag;
  }

  /** Makes sure that every stream has its group. Call it after each connection. */
  async prepare(): Promise<void> {
    for (const key of this.keys) {
      if (this.isPlaced) await this.restore(key);
      else await this.place(key);
    }
    this.isPlaced = true;
  }

  /** Measures the lag, and reports entries that were removed before the group received them. */
  async measure(): Promise<void> {
    const positions = await Promise.all(this.keys.map((key) => this.positionIn(key)));
    for (const [at, { missed }] of positions.entries()) if (missed > 0) this.reportGap(this.keys[at] ?? '', missed);
    this.lastLag = positions.reduce<number | undefined>(
      (sum, { lag }) => (sum === undefined || lag === undefined ? undefined : sum + lag),
      0,
    );
  }

  private async place(key: string): Promise<void> {
    const { group, options } = this;
    const at = options.start === 'new' ? '$' : '0';
    const isNew = await group.create(key, at);
    if (!isNew && options.start !== 'group') await group.move(key, at);
    // Measured now, because entries trimmed from here on count as missed. Old Redis versions report
    // no such position.
    const position = await this.positionIn(key).catch(() => undefined);
    if (position !== undefined && position.missed > 0 && options.start === 'group')
      this.reportGap(key, position.missed);
  }

  private async restore(key: string): Promise<void> {
    if (!(await this.group.create(key, '0'))) return;
    this.reports.restarted();
    this.reports.warn(
      `the group "${this.options.group}" of the stream "${key}" was gone (FLUSHALL, XGROUP DESTROY, or a Redis that lost its file) and was created again, at the beginning of the stream. Fix: keep the bus in a Redis with appendonly yes and maxmemory-policy noeviction.`,
    );
  }

  private async positionIn(key: string): Promise<StreamPosition> {
    const [lag, missed] = (await this.group.evaluate(SCRIPT, key)) as readonly [number, number];
    return { lag: lag < 0 ? undefined : lag, missed };
  }

  private reportGap(key: string, missed: number): void {
    this.reports.missed(missed);
    this.reports.warn(
      `the stream "${key}" had ${String(missed)} entries removed before the group "${this.options.group}" read them. They are lost to this group. Fix: leave out maxLen of redisStreams, or make it larger (EVENT_BUS_REDIS_STREAM_MAX_LEN of Open edX).`,
    );
  }
}
