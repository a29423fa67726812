-- Tells the types of keys.
--
-- KEYS any
-- Reply the type of each: none, hash, list, zset, set, string, stream
local types = {}
for i, key in ipairs(KEYS) do types[i] = redis.call('TYPE', key).ok end
return types
