-- Looks at which partitions have pending entries or a batch.
--
-- KEYS pending and batch of each partition in turn
-- Reply how many of the two there are, for each
local counts = {}
for i = 1, #KEYS, 2 do counts[#counts + 1] = redis.call('EXISTS', KEYS[i], KEYS[i + 1]) end
return counts
