-- Begins a producer's writes to a partition.
--
-- KEYS 1 state
-- ARGV 1 a text that no other call has
-- Reply {the producer's id, epoch, position}
local state = KEYS[1]
local RECORDS, STEP = 1000, 50

local epoch, position, floor, cursor, noted =
  unpack(redis.call('HMGET', state, 'epoch', 'applied', 'floor', 'cursor', 'noted'))
local applied = count_of(position)
-- A cursor may have 64 bits, which no number of Lua has.
if not applied or not count_of(floor) or not string.find(cursor or '0', '^%d+$') or not count_of(noted) then
  return corrupt(state, 'has a position that is no number')
end

-- A small step of forgetting, if there are many records: those below the floor are removed. When the scan has seen all,
-- the floor rises to the position noted when the scan before it ended. So a record goes if its producer wrote nothing
-- for a whole round. A record that is unreadable stays.
local doomed, progress = {}, nil
if redis.call('HLEN', state) > RECORDS then
  local scan = redis.call('HSCAN', state, cursor or '0', 'MATCH', 'p:*', 'COUNT', STEP)
  for i = 1, #scan[2], 2 do
    local _, last = parse_record(scan[2][i + 1])
    if last and last < count_of(floor) then doomed[#doomed + 1] = scan[2][i] end
  end
  progress = scan[1] == '0' and { 'cursor', '0', 'floor', noted or floor or '0', 'noted', text_of(applied) } or { 'cursor', scan[1] }
end

-- It may name a producer and an epoch: these are never compared with each other.
local name = server_time() .. '-' .. ARGV[1]

local refusal = not epoch and denied('HSET', state, 'epoch', '')
  or progress and (denied('HSET', state, 'cursor', '') or denied('HDEL', state, ''))
if refusal then return refusal end

if not epoch then
  epoch = name
  redis.call('HSET', state, 'epoch', epoch)
end
if progress then
  -- The first deletes nothing: a first change that needs no memory lets the others pass at maxmemory.
  redis.call('HDEL', state, 'none')
  redis.call('HSET', state, unpack(progress))
  call_in_chunks('HDEL', state, doomed)
end
return { name, epoch, applied }
