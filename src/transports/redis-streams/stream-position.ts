import type { StreamGroup } from './stream-group';

/** Where a group stands in its stream. */
export interface StreamPosition {
  /** Entries that were given to no consumer of the group yet; undefined where Redis does not know. */
  readonly lag: number | undefined;
  /** Entries that were removed from the stream before they were given to the group, found just now. */
  readonly missed: number;
}

/**
 * Compares what was added to the stream with what the group has read. Redis counts both, but not what was cut off in between: then
 * its lag is too large for ever. So where the truth is known, since everything on the stream is unread or nothing is, the number
 * of read entries is corrected. That is done within Redis, so that each gap is found by one consumer of the group alone.
 *
 * Redis 6 does not count: the script gives a lag of -1.
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
