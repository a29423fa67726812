-- Deletes keys.
--
-- KEYS any
redis.call('DEL', unpack(KEYS))
return 1
