-- Lists dead letters, oldest first.
--
-- KEYS 1 dead, 2 order of the dead
-- ARGV 1 offset, 2 limit
-- Reply {ids, their letters}: the first ones, if all are too large for one reply
local ids, letters = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + ARGV[2] - 1), {}
visit_some(KEYS[1], ids, #ids, function(_, letter)
  letters[#letters + 1] = letter
  return #(letter or '')
end)
for i = #letters + 1, #ids do ids[i] = nil end
return { ids, letters }
