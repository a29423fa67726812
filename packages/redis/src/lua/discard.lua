-- Deletes dead letters.
--
-- KEYS 1 dead, 2 order of the dead
-- ARGV ids
-- Reply the ids of those that existed
local dead, order = KEYS[1], KEYS[2]
local gone, seen = {}, {}
for i, letter in ipairs(fields_of(dead, ARGV)) do
  if letter and not seen[ARGV[i]] then gone[#gone + 1] = ARGV[i] end
  seen[ARGV[i]] = true
end
if #gone == 0 then return gone end
redis.call('ZCARD', order)
local refusal = denied('ZREM', order, '') or denied('HDEL', dead, '')
if refusal then return refusal end

call_in_chunks('ZREM', order, gone)
call_in_chunks('HDEL', dead, gone)
return gone
