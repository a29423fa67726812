-- Gives a lease back: the batch is due again after a delay.
--
-- KEYS 1 batch, 2 state
-- ARGV 1 now or '', 2 lease token, 3 delay in ms, 4 the reason, 5 'verdict' if the sink came to one
-- Reply 1, or 0 if the token does not hold the lease
local batch, state = KEYS[1], KEYS[2]
local held, settled = holds(batch, state, ARGV[2])
if not held then return settled end
local now, delay_ms = now_ms(ARGV[1]), tonumber(ARGV[3])
local found, problem = read_batch(batch)
if problem then return problem end
local refusal = denied('HDEL', batch, '') or denied('HSET', batch, '', '') or denied('HSET', state, '', '')
if refusal then return refusal end

redis.call('HDEL', batch, 'token')
redis.call('HSET', batch, 'due', text_of(now + delay_ms), 'wait', text_of(delay_ms),
  'failures', text_of(found.failures + (ARGV[5] == 'verdict' and 1 or 0)),
  'error', ARGV[4], 'failingSince', text_of(found.failing_since or now))
redis.call('HSET', state, 'settled', settled)
return 1
