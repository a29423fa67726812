-- Moves the deadline of a lease.
--
-- KEYS 1 batch
-- ARGV 1 now or '', 2 lease token, 3 lease in ms
-- Reply 1, or 0 if the token does not hold the lease
local batch = KEYS[1]
if held_by(batch) ~= ARGV[2] then return 0 end
local due = text_of(now_ms(ARGV[1]) + ARGV[3])
local refusal = denied('HDEL', batch, '') or denied('HSET', batch, '', '')
if refusal then return refusal end

-- Deletes nothing: a first change that needs no memory lets the next one pass at maxmemory.
redis.call('HDEL', batch, 'none')
redis.call('HSET', batch, 'due', due, 'wait', ARGV[3])
return 1
