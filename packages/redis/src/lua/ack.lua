-- Ends a batch that was applied.
--
-- KEYS 1 batch, 2 state
-- ARGV 1 lease token
-- Reply 1, or 0 if the token does not hold the lease
local batch, state = KEYS[1], KEYS[2]
local held, settled = holds(batch, state, ARGV[1])
if not held then return settled end
return end_batch(batch, state, settled) or 1
