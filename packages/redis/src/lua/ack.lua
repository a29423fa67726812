-- Ends a batch that was applied.
--
-- KEYS 1 batch, 2 state
-- ARGV 1 lease token
-- Reply 1, or 0 if the token does not hold the lease
local batch, state = KEYS[1], KEYS[2]
local held, settled = holds(batch, state, ARGV[1])
if not held then return settled end
local refusal = denied('DEL', batch) or denied('HSET', state, '', '')
if refusal then return refusal end

redis.call('DEL', batch)
redis.call('HSET', state, 'settled', settled)
return 1
