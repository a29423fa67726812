-- Gives a lease back that nothing was done with: as if it had not been claimed.
--
-- KEYS 1 batch
-- ARGV 1 now or '', 2 lease token
-- Reply 1, or 0 if the token does not hold the lease
local batch = KEYS[1]
local now = text_of(now_ms(ARGV[1]))

if held_by(batch) ~= ARGV[2] then return 0 end
local attempt = count_of(redis.call('HGET', batch, 'attempt'))
if not attempt then return corrupt(batch, 'has a field "attempt" that is no number') end
local refusal = denied('HDEL', batch, '') or denied('HSET', batch, '', '')
if refusal then return refusal end

redis.call('HDEL', batch, 'token')
redis.call('HSET', batch, 'attempt', text_of(attempt - 1), 'due', now, 'wait', '0')
return 1
