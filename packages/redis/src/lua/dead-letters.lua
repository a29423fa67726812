-- Lists dead letters, oldest first.
--
-- KEYS 1 dead, 2 order of the dead
-- ARGV 1 offset, 2 limit
-- Reply {ids, their letters}
local ids = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + ARGV[2] - 1)
return { ids, fields_of(KEYS[1], ids) }
