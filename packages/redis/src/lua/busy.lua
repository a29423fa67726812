-- Looks at which partitions have pending entries or a batch.
--
-- KEYS pending and batch of each partition in turn
-- Reply how many of the two there are, for each
local counts = {}
-- The question of a worker with nothing to do is one command.
local is_idle = redis.call('EXISTS', unpack(KEYS)) == 0
for i = 1, #KEYS, 2 do
  counts[#counts + 1] = is_idle and 0 or redis.call('EXISTS', KEYS[i], KEYS[i + 1])
end
return counts
