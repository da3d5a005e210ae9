import type { StreamGroup } from './stream-group';

/** Position of a group in its stream. */
export interface StreamPosition {
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

export async function positionOf(group: StreamGroup, key: string): Promise<StreamPosition> {
  const [lag, missed] = (await group.evaluate(SCRIPT, key)) as readonly [number, number];
  return { lag: lag < 0 ? undefined : lag, missed };
}
