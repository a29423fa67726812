-- Lists dead letters, oldest first.
--
-- KEYS 1 dead, 2 order of the dead
-- ARGV 1 offset, 2 limit
-- Reply id and letter of each in turn
local ids = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + ARGV[2] - 1)
local reply = {}
for _, id in ipairs(ids) do
  reply[#reply + 1] = id
  reply[#reply + 1] = redis.call('HGET', KEYS[1], id)
end
return reply
