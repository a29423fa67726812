-- Ends a batch that was applied.
--
-- KEYS 1 batch, 2 state
-- ARGV 1 lease token
-- Reply 1, or 0 if the token does not hold the lease
local held, reply = holds(KEYS[1], KEYS[2], ARGV[1])
if not held then return reply end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'settled', ARGV[1])
return 1
