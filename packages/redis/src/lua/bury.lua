-- Ends a batch of which some entries could not be applied: those become dead letters.
--
-- KEYS 1 batch, 2 state, 3 dead, 4 order of the dead
-- ARGV 1 now or '', 2 lease token, 3 a line for the index and the reason (as JSON) of each such entry in turn
-- Reply 1, or 0 if the token does not hold the lease
--
-- A dead letter is six lines: target key, packed entry, reason, deliveries, time, number of the batch.
local batch, state, dead, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local held, settled = holds(batch, state, ARGV[2])
if not held then return settled end

local found, problem = read_batch(batch)
if problem then return problem end
local payload = redis.call('HGET', batch, 'payload')
if not payload then return corrupt(batch, 'has no payload') end
local at = text_of(now_ms(ARGV[1]))
local lines, count = {}, 0
for line in string.gmatch(payload .. '\n', '([^\n]*)\n') do
  count = count + 1
  lines[count] = line
end
local id_start = found.id .. '/'
local letter_end = '\n' .. text_of(found.attempt) .. '\n' .. at .. '\n' .. text_of(found.number)
local letters, ranks, last = {}, {}, 0
for digits, reason in string.gmatch(ARGV[3], '(%d+)\n([^\n]*)') do
  local index = tonumber(digits)
  local key, packed = lines[2 * index + 1], lines[2 * index + 2]
  if not packed then return corrupt(batch, 'has no entry ' .. digits) end
  local letter_id = id_start .. string.format('%06d', index)
  letters[last + 1], letters[last + 2] = letter_id, key .. '\n' .. packed .. '\n' .. reason .. letter_end
  ranks[last + 1], ranks[last + 2] = at, letter_id
  last = last + 2
end
redis.call('HLEN', dead)
redis.call('ZCARD', order)
local refusal = denied('HDEL', batch, '')
  or denied('HSET', dead, '', '')
  or denied('ZADD', order, '0', '')
  or denied('DEL', batch)
  or denied('HSET', state, '', '')
if refusal then return refusal end

-- The first deletes nothing: a first change that needs no memory lets the others pass at maxmemory. The batch is deleted
-- last: if that is where Redis stops, burying it again writes the same letters.
redis.call('HDEL', batch, 'none')
call_in_chunks('HSET', dead, letters)
call_in_chunks('ZADD', order, ranks)
redis.call('DEL', batch)
redis.call('HSET', state, 'settled', settled)
return 1
