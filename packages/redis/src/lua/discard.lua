-- Deletes dead letters.
--
-- KEYS 1 dead, 2 order of the dead
-- ARGV ids
-- Reply the ids of those that existed
local gone = {}
for _, id in ipairs(ARGV) do
  if redis.call('HDEL', KEYS[1], id) == 1 then
    redis.call('ZREM', KEYS[2], id)
    gone[#gone + 1] = id
  end
end
return gone
