-- Counts what a partition holds.
--
-- KEYS 1 entries, 2 pending, 3 batch, 4 order of the dead
-- ARGV 1 now or ''
-- Reply {pending, claimed, dead, age of the oldest pending entry in ms}
local entries, pending, batch, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local age = 0
local oldest = redis.call('LINDEX', pending, 0)
if oldest then
  local first_at = string.match(redis.call('HGET', entries, oldest) or '', '"@":"(%d+)"')
  if first_at then age = math.max(0, now_ms(ARGV[1]) - first_at) end
end
local claimed = redis.call('HGET', batch, 'size')
return { redis.call('LLEN', pending), tonumber(claimed or 0), redis.call('ZCARD', order), age }
