-- Ends a batch of which some entries could not be applied: those become dead letters.
--
-- KEYS 1 batch, 2 state, 3 dead, 4 order of the dead
-- ARGV 1 now or '', 2 lease token, 3… index and reason (as JSON) of each such entry
-- Reply 1, or 0 if the token does not hold the lease
--
-- A dead letter is five lines: target key, packed entry, reason, deliveries, time.
local batch, state, dead, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local held, reply = holds(batch, state, ARGV[2])
if not held then return reply end

local at = string.format('%.0f', now_ms(ARGV[1]))
local id, payload, attempt = unpack(redis.call('HMGET', batch, 'id', 'payload', 'attempt'))
local lines = {}
for text in string.gmatch(payload .. '\n', '([^\n]*)\n') do lines[#lines + 1] = text end
redis.call('HLEN', dead)
redis.call('ZCARD', order)
redis.call('DEL', batch)
for i = 3, #ARGV, 2 do
  local index = tonumber(ARGV[i])
  local letter_id = string.format('%s/%06d', id, index)
  local letter = table.concat({ lines[2 * index + 1], lines[2 * index + 2], ARGV[i + 1], attempt, at }, '\n')
  redis.call('HSET', dead, letter_id, letter)
  redis.call('ZADD', order, at, letter_id)
end
redis.call('HSET', state, 'settled', ARGV[2])
return 1
