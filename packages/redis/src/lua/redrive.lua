-- Merges dead letters back into the pending entries.
--
-- KEYS 1 entries, 2 pending, 3 dead, 4 order of the dead
-- ARGV ids
-- Reply the ids of those that are pending again; one that would overflow, or is unreadable, stays
local entries, pending, dead, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
redis.call('LLEN', pending)
redis.call('ZCARD', order)
local gone = {}
for _, id in ipairs(ARGV) do
  local letter = redis.call('HGET', dead, id)
  local key, packed
  if letter then key, packed = string.match(letter, '^([^\n]*)\n([^\n]*)\n') end
  if key then
    local old = redis.call('HGET', entries, key)
    -- Even if nothing is pending: merging checks the marks of the fields.
    local merged = merge(old or '{}', packed)
    if merged then
      redis.call('HSET', entries, key, merged)
      if not old then redis.call('RPUSH', pending, key) end
      redis.call('HDEL', dead, id)
      redis.call('ZREM', order, id)
      gone[#gone + 1] = id
    end
  end
end
return gone
