-- Gives a lease back: the batch is due again after a delay.
--
-- KEYS 1 batch, 2 state
-- ARGV 1 now or '', 2 lease token, 3 delay in ms
-- Reply 1, or 0 if the token does not hold the lease
local held, reply = holds(KEYS[1], KEYS[2], ARGV[2])
if not held then return reply end
redis.call('HDEL', KEYS[1], 'token')
redis.call('HSET', KEYS[1], 'due', string.format('%.0f', now_ms(ARGV[1]) + ARGV[3]))
redis.call('HSET', KEYS[2], 'settled', ARGV[2])
return 1
