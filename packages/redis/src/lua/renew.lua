-- Moves the deadline of a lease.
--
-- KEYS 1 batch
-- ARGV 1 now or '', 2 lease token, 3 lease in ms
-- Reply 1, or 0 if the token does not hold the lease
if held_by(KEYS[1]) ~= ARGV[2] then return 0 end
-- Deletes nothing: a first write that needs no memory lets the next one pass at maxmemory.
redis.call('HDEL', KEYS[1], 'none')
redis.call('HSET', KEYS[1], 'due', string.format('%.0f', now_ms(ARGV[1]) + ARGV[3]))
return 1
